"""
The engine and its apps as xlwings sees them.

An app is nothing but a list of open books; settings that only a window has are remembered and have no effect.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from xlwings import base_classes

from excel_client.file_engine.interface.books import BooksImpl
from excel_client.file_engine.interface.closed_members import closed
from excel_client.file_engine.sheet.cells import ErrorValue
from excel_client.file_engine.storage.saving import BackupPolicy, FileStore

if TYPE_CHECKING:
    from excel_client.file_engine.interface.range_moves import RangeMoves
    from excel_client.file_engine.interface.ranges import RangeImpl

__all__ = ["NAME", "AppImpl", "AppsImpl", "EngineImpl"]

NAME = "pennyvault"

_CALCULATIONS = {"automatic", "manual", "semiautomatic"}
_AS_THEY_ARE = {float, str, bool, type(None)}
_WITHOUT_ZONE = {*_AS_THEY_ARE, int}


def _zone_cut_off(value: object, _options: object) -> object:
    """Return a value of a write; xlwings leaves out the time zone, which no cell has, and doesn't convert it."""
    if (
        type(value) not in _WITHOUT_ZONE
        and isinstance(value, (dt.datetime, dt.time))
        and value.tzinfo
    ):
        return value.replace(tzinfo=None)
    return value


class EngineImpl:
    """The file engine; `store` says how books are saved."""

    name = NAME
    type = "desktop"
    #: Called for each cell of a write; the sheet itself judges values, column by column.
    prepare_xl_data_element = staticmethod(_zone_cut_off)

    def __init__(self, store: FileStore) -> None:
        self.store = store
        self.apps = AppsImpl(self)

    @staticmethod
    def clean_value_data(
        data: list[list[Any]],
        datetime_builder: Callable[..., Any],
        empty_as: object,
        number_builder: Callable[[float], Any] | None,
        err_to_str: bool,  # noqa: FBT001 - xlwings passes it by place
    ) -> list[list[Any]]:
        """Return read values as xlwings' options want them."""
        usual = empty_as is None and number_builder is None
        plain_types = _AS_THEY_ARE
        if datetime_builder is dt.datetime:
            plain_types = plain_types | {dt.datetime}

        def cleaned(value: Any) -> Any:
            if value is None or value == "":
                return empty_as
            if isinstance(value, dt.datetime):
                return _built(value, datetime_builder)
            if isinstance(value, ErrorValue):
                return str(value) if err_to_str else None
            if number_builder is not None and type(value) is float:
                return number_builder(value)
            return value

        return [
            list(row)
            if usual and set(map(type, row)) <= plain_types and "" not in row
            else [cleaned(value) for value in row]
            for row in data
        ]


def _built(value: dt.datetime, datetime_builder: Callable[..., Any]) -> Any:
    return datetime_builder(
        year=value.year,
        month=value.month,
        day=value.day,
        hour=value.hour,
        minute=value.minute,
        second=value.second,
        microsecond=value.microsecond,
        tzinfo=None,
    )


@closed(base_classes.Apps)
class AppsImpl:
    """The apps of the engine, the newest first."""

    def __init__(self, engine: EngineImpl) -> None:
        self._engine = engine
        self._apps: list[AppImpl] = []
        self._made = 0

    def keys(self) -> list[int]:
        """Return the apps' numbers."""
        return [app.pid for app in self._apps]

    def add(
        self,
        spec: str | None = None,  # noqa: ARG002 - xlwings names these
        add_book: bool | None = None,  # noqa: FBT001
        xl: object = None,  # noqa: ARG002
        visible: bool | None = None,  # noqa: FBT001
    ) -> AppImpl:
        """Open an app, with an empty book where wanted."""
        self._made += 1
        app = AppImpl(self._engine, self._made)
        app.visible = bool(visible)
        self._apps.insert(0, app)
        if add_book:
            app.books.add()
        return app

    @staticmethod
    def cleanup() -> None:
        """An app without a process leaves nothing behind."""

    def forget(self, app: AppImpl) -> None:
        """Drop an app that was quit."""
        if app in self._apps:
            self._apps.remove(app)

    def bring_to_front(self, app: AppImpl) -> None:
        """Make an app the active one."""
        self._apps.remove(app)
        self._apps.insert(0, app)

    def __iter__(self) -> Iterator[AppImpl]:
        yield from list(self._apps)

    def __len__(self) -> int:
        return len(self._apps)

    def __getitem__(self, pid: int) -> AppImpl:
        for app in self._apps:
            if app.pid == pid:
                return app
        raise KeyError(pid)


@closed(base_classes.App)
class AppImpl:
    """A list of open books, with the settings that a window would have."""

    version = "16.0"
    visible = False
    screen_updating = True
    display_alerts = True
    enable_events = True
    interactive = True
    status_bar: Any = False
    #: What was copied last, until something else is.
    clipboard: RangeMoves | None = None
    engine: EngineImpl
    #: Not a process: a number that tells apps apart.
    pid: int
    books: BooksImpl

    def __init__(self, engine: EngineImpl, pid: int) -> None:
        self.engine = engine
        self.pid = pid
        self.books = BooksImpl(self)
        self._calculation = "automatic"

    @property
    def api(self) -> AppImpl:
        """The engine has no object beneath."""
        return self

    @property
    def selection(self) -> RangeImpl | None:
        """What is selected in the active book, None without a book."""
        book = self.books.active
        return book.selection if book else None

    @selection.setter
    def selection(self, area: RangeImpl) -> None:
        area.sheet.book.select(area)

    @property
    def cut_copy_mode(self) -> str | None:
        """Whether there is something to paste: "copy" or None."""
        return "copy" if self.clipboard is not None else None

    @cut_copy_mode.setter
    def cut_copy_mode(self, value: object) -> None:
        if not value:
            self.clipboard = None

    @property
    def calculation(self) -> str:
        """When Excel would calculate; remembered, and without effect on a file."""
        return self._calculation

    @calculation.setter
    def calculation(self, value: str) -> None:
        if value not in _CALCULATIONS:
            raise KeyError(value)
        self._calculation = value

    def activate(self, steal_focus: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - xlwings' own
        """Make the app the active one."""
        self.engine.apps.bring_to_front(self)

    def quit(self) -> None:
        """Close all books without saving."""
        for book in self.books:
            book.close()
        self.engine.apps.forget(self)

    kill = quit  # noqa: A003 - the method above


def default_store() -> FileStore:
    """Return how books are saved unless the caller says otherwise: five backups."""
    return FileStore(backups=BackupPolicy())
