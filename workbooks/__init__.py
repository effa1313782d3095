"""The workbook's own vocabulary and its template. A leaf: it imports neither server nor client."""
