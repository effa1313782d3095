"""
How often a key has sealed: nonces are random, so each key has a bound.

A nonce is 96 random bits. NIST SP 800-38D, section 8.3, allows 2**32 records for one key with random nonces: two of
them are then equal with a probability below 2**-32. `SEALS_SUGGESTED_MAX` stays a quarter below that, so that what a
killed process had sealed and not yet written down does not matter.
"""

from __future__ import annotations

import itertools
from typing import Final

__all__ = ["SEALS_MAX", "SEALS_SUGGESTED_MAX", "SealTally"]

SEALS_MAX: Final = 2**32
#: From here on a rotation is due.
SEALS_SUGGESTED_MAX: Final = 2**30


class SealTally:
    """Counts the records that one key version seals; from any thread, without a lock. It reaches no key."""

    __slots__ = ("_count", "_taken", "met_unknown_version", "note")

    def __init__(self) -> None:
        # The next of a count is one step of the interpreter: no two threads get the same.
        self._count = itertools.count()
        self._taken = 0
        #: Counts one more.
        self.note = self._count.__next__
        #: Whether a record was met that says it is sealed with a version which its opener did not know.
        self.met_unknown_version = False

    def take(self) -> int:
        """Return how many were counted since the last time; only one task may take."""
        total = next(self._count)
        counted = total - self._taken
        self._taken = total + 1
        return counted
