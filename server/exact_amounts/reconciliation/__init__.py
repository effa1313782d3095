"""What is decided about entries of the ledger: edits, explanations of a difference, closed months."""
