"""Table objects: their parts, their growth, and what follows their data."""
