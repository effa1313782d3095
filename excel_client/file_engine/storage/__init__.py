"""The zip package, and how a workbook file is replaced."""
