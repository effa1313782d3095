"""Decides what a refresh writes, from what the workbook holds and what the server said. Pure: it opens nothing."""
