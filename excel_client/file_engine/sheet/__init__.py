"""One sheet: its rows as bytes, its cells, and what stands around them."""
