"""The trail of what was done: closed kinds of events, chained by hashes. No free text, no value, no name."""
