"""The aged server of the benchmarks: its records are real, and its sizes those of the files."""

import sqlite3
from contextlib import closing
from pathlib import Path

from benchmarks.age import age, bytes_a_day, exponents
from benchmarks.aged_server import Habit
from benchmarks.store_size import STORES

HABIT = Habit(pods=2, readings=48, sold=4)
DAYS = 2


def rows(file: Path, statement: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute(statement).fetchall()


def test_days_are_lived_whole_and_their_bytes_are_those_of_the_files(tmp_path: Path) -> None:
    aged = list(age(tmp_path, HABIT, (1, DAYS)))

    readings = [(HABIT.pods * 96 * DAYS,)]
    assert rows(tmp_path / "customers.db", "SELECT COUNT(*) FROM measurement") == readings
    paid = "SELECT COUNT(*) FROM line WHERE state = 'paid'"
    assert rows(tmp_path / "market.db", paid) == [(HABIT.pods * HABIT.sold * DAYS,)]
    pending = "SELECT COUNT(*) FROM tree WHERE transaction_hash IS NULL"
    assert rows(tmp_path / "ledger.db", pending) == [(0,)]

    told = bytes_a_day(aged, HABIT)
    for name, file in STORES.items():
        size, pages = aged[-1].sizes[name], rows(tmp_path / file, "PRAGMA page_count")[0][0]
        assert size.file == (tmp_path / file).stat().st_size
        assert sum(size.tables.values()) + size.free == size.file == 4096 * int(str(pages))
        grown = size.file - aged[0].sizes[name].file
        assert told[name][""] == grown / HABIT.pods / DAYS > 0

    costs = exponents(aged)
    assert costs.keys() == aged[-1].costs.keys()
    assert all(value > 0 for each in aged[1:] for value in each.costs.values())
