"""What keeps a secret out of texts and copies: the base of every object that holds a key."""

from __future__ import annotations

from typing import Never, SupportsIndex

__all__ = ["Masked"]


class Masked:
    """An object that does not show what it holds, and can't be copied or pickled."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(...)"

    def __format__(self, format_spec: str) -> str:
        return repr(self)

    def __reduce_ex__(self, protocol: SupportsIndex) -> Never:
        raise TypeError(type(self).__name__ + " is not copied, pickled or serialised")

    def __getstate__(self) -> Never:
        raise TypeError(type(self).__name__ + " does not hand out its state")
