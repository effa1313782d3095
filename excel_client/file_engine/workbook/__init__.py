"""The workbook as a whole: its parts, sheets and names, and how it is saved and checked."""
