"""
Closes an implementation class: members of xlwings' interface that it lacks raise a problem that says why.

xlwings' base classes raise NotImplementedError there, which tells a user nothing.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import NoReturn, TypeVar

from excel_client.file_engine.problems import NeedsExcel, OutsideFileEngine

__all__ = ["closed"]

_Class = TypeVar("_Class", bound=type)

#: What calculates, draws, prints or runs macros; the rest could be edited in the file, but is not.
_EXCEL_ITSELF = frozenset(
    """alert calculate charts chart copy_picture hwnd macro page_setup path pictures run
    shapes startup_path to_html to_pdf to_png""".split()
)


def _refusal(name: str) -> Callable[..., NoReturn]:
    problem = NeedsExcel if name in _EXCEL_ITSELF else OutsideFileEngine

    def refuse(*_arguments: object, **_options: object) -> NoReturn:
        raise problem(name)

    return refuse


def closed(base: type, *, kept: frozenset[str] = frozenset()) -> Callable[[_Class], _Class]:
    """
    Return a class decorator that adds every public member of an xlwings base class that is missing.

    Members named in `kept` work on top of others and are taken over; the rest refuse. Attributes that instances set
    are declared in the class body, so that they are known here.
    """

    def close(decorated: _Class) -> _Class:
        own = {
            name
            for part in decorated.__mro__[:-1]
            for name in (*vars(part), *inspect.get_annotations(part))
        }
        for name, member in vars(base).items():
            if name.startswith("_") or name in own:
                continue
            refuse = _refusal(name)
            is_property = isinstance(member, property)
            closing = property(refuse, refuse) if is_property else refuse
            setattr(decorated, name, member if name in kept else closing)
        return decorated

    return close
