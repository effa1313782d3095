"""What the file engine in use can do, for tests that need more than an older one does."""

from __future__ import annotations

import inspect
from typing import Any, Final

import pytest

from excel_client.file_engine.interface.ranges import RangeImpl

__all__ = ["MOVES_CELLS", "needs_moving_cells"]

_delete: Any = inspect.getattr_static(RangeImpl, "delete")
MOVES_CELLS: Final = not _delete.__qualname__.startswith("_refusal")

needs_moving_cells = pytest.mark.skipif(not MOVES_CELLS, reason="this file engine deletes no cells")
