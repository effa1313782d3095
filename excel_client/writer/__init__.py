"""Reads and writes workbooks through the xlwings API, in contiguous blocks: on Excel itself and on the file engine."""
