"""The client beside Excel: pulls what changed and merges it into the user's own workbook."""
