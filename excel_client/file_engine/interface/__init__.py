"""The engine as xlwings sees it: apps, books, sheets, ranges, tables, names."""
