"""What all tests share: the choice between quick and full counts."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

from tests.databases import each_database
from tests.postgresql import postgresql, postgresql_cluster

# Fixtures that any test may ask for.
__all__ = ["each_database", "postgresql", "postgresql_cluster"]

settings.register_profile("quick", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("quick")

# No test may reach a keyring of the machine that it runs on.
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--deep", action="store_true", help="run the full counts as well")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--deep"):
        return
    quick = [item for item in items if item.get_closest_marker("deep") is None]
    config.hook.pytest_deselected(items=[item for item in items if item not in quick])
    items[:] = quick
