"""The sealed ledger: its store, its change feed, its batches, its proof."""
