"""Which category an entry gets, decided without its amount."""
