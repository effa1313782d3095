"""
Where the key to a ledger is kept: the platform's keyring, per server; a file or the environment on request only.

A key is never in an argument list, a message or a log.
"""
