"""The life of a key version, in its order."""

from __future__ import annotations

from enum import StrEnum, unique

__all__ = ["KeyState"]


@unique
class KeyState(StrEnum):
    """What a key version may be used for; the values stand in the database."""

    #: Opens, and seals nothing yet: every server learns of it first.
    ANNOUNCED = "announced"
    #: Opens; the highest active version seals.
    ACTIVE = "active"
    #: Opens what backups bring back; nothing in the database is sealed with it.
    RETIRED = "retired"
    #: Is gone, and its row says so.
    DESTROYED = "destroyed"
