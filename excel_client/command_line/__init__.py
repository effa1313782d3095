"""
The `pennyvault` command: the client's composition root.

Amounts are shown to their owner's terminal; an error never holds one, nor a secret.
"""

from __future__ import annotations

from excel_client.command_line.dispatch import main, run

__all__ = ["main", "run"]
