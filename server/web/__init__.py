"""The HTTP edge: it knows requests and answers, and nothing of money."""
