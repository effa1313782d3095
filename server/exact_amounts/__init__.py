"""
The rooms that may see a penny.

Nothing in here may log, warn or print; `server.exact_amounts.disclosure` is the one way out.
"""
