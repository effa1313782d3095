"""The words of the exact side: money, entries, statements. Pure: no clock, no store, no network."""
