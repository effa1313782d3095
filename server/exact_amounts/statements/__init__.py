"""Statement files: pure readers, the plan of an import, and the routes that carry it out."""
