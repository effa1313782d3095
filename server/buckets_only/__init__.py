"""
The rooms that may never see a penny.

What they need they declare in `ports`; they hold no database session, no key and no exact amount.
"""
