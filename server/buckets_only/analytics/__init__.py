"""Reports made of counts of buckets."""
