"""What all tests share: the recursion limit of the product, random tests without a clock, and the
database that records are kept in."""

import hashlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

_recursion_limit = sys.getrecursionlimit()
import eth_account  # noqa: E402, F401 - for its side effect, which the next line takes back

# A library of it raises the limit to 100,000: deeply nested JSON would stop the tests' process.
sys.setrecursionlimit(_recursion_limit)

from hypothesis import HealthCheck, settings  # noqa: E402 - after the limit is as it was
from tests import postgresql  # noqa: E402
from tests.records import RecordsAt  # noqa: E402

from platone.infra.db import sqlite_url  # noqa: E402
from platone.infra.postgresql import Place  # noqa: E402

# No test asserts a time: a busy machine takes longer for the same examples.
settings.register_profile(
    "untimed", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("untimed")

BOTH = "both_databases"
"""The mark of tests that are run on SQLite and on PostgreSQL; others on SQLite, unless the
environment's PLATONE_TEST_DATABASE is "both"."""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"{BOTH}: run on SQLite and on PostgreSQL")
    config.addinivalue_line("markers", "sqlite_only: looks into SQLite's files")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "records_at" in metafunc.fixturenames:
        marks = {each.name for each in metafunc.definition.iter_markers()}
        is_for_both = BOTH in marks or os.environ.get("PLATONE_TEST_DATABASE") == "both"
        names = (
            ["sqlite", "postgresql"] if is_for_both and "sqlite_only" not in marks else ["sqlite"]
        )
        metafunc.parametrize("records_at", names, indirect=True)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[postgresql.Server]:
    """A PostgreSQL server that all tests of a process share."""
    with postgresql.running() as server:
        yield server


@pytest.fixture(scope="session")
def postgresql_address(postgresql_server: postgresql.Server) -> str:
    """A database of it, in which each test has schemas of its own."""
    return postgresql_server.database()


@pytest.fixture
def records_at(request: pytest.FixtureRequest) -> RecordsAt:
    """Where records are: for a file's path the URL of that file, or of a schema in PostgreSQL."""
    if getattr(request, "param", "sqlite") == "sqlite":
        return sqlite_url
    address = request.getfixturevalue("postgresql_address")

    def place(file: Path) -> str:
        schema = hashlib.sha256(str(file).encode()).hexdigest()[:16]
        return Place(address, f"t{schema}").url

    return place
