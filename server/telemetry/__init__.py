"""Structured logs by allow-list. Forbidden to the exact side."""
