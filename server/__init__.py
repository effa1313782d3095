"""The Pennyvault server: seals exact amounts, discloses buckets, serves the ledger to its owner."""
