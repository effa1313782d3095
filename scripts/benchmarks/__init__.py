"""The rows of the benchmark, one module per part of the product, each beside the peer it is measured against."""
