"""A copy of databases that are being written: all as of one instant, whole or not at all."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from platone.bootstrap.backup import LIST, back_up, restore
from platone.infra.backup.problem import BackupFailed

NAMES = ("ledger.db", "market.db", *(f"party-{n}.db" for n in range(40)), "ledger/chain.db")
"""More than a server has, so that a copy of one after the other would show."""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    (folder / "ledger" / "keys").mkdir(parents=True)
    for name in NAMES:
        with closing(sqlite3.connect(folder / name)) as made:
            made.execute("PRAGMA journal_mode=WAL")
            made.execute("CREATE TABLE fact (number INTEGER PRIMARY KEY)")
            made.commit()
    (folder / "records.txt").write_text("".join(f"{name}\n" for name in NAMES))
    (folder / "ledger" / "keys" / "sealer.key").write_text("secret")
    (folder / "lock").touch()
    return folder


@pytest.fixture
def writer(data: Path) -> Iterator[None]:
    """Writes the same fact into one database after the other, as parties tell each other."""
    done = threading.Event()

    def write() -> None:
        opened = [sqlite3.connect(data / name, timeout=30) for name in NAMES]
        for each in opened:
            each.execute("PRAGMA synchronous=OFF")
        number = 0
        while not done.is_set():
            number += 1
            for each in opened:
                with each:
                    each.execute("INSERT INTO fact VALUES (?)", (number,))
        for each in opened:
            each.close()

    running = threading.Thread(target=write)
    running.start()
    yield
    done.set()
    running.join()


def facts(folder: Path, name: str) -> int:
    with closing(sqlite3.connect(folder / name)) as found:
        count, last = found.execute("SELECT count(*), max(number) FROM fact").fetchone()
    assert count == (last or 0)
    return int(count)


@pytest.mark.usefixtures("writer")
def test_the_databases_of_a_copy_are_of_one_instant(data: Path, tmp_path: Path) -> None:
    """One fact at most is on its way: the first database has as many as the last, or one more."""
    for turn in range(3):
        copy, again = tmp_path / f"copy-{turn}", tmp_path / f"again-{turn}"
        back_up(data, copy)
        restore(copy, again)
        counts = [facts(again, name) for name in NAMES]
        assert counts == sorted(counts, reverse=True)
        assert counts[0] - counts[-1] <= 1
        assert (again / "ledger" / "keys" / "sealer.key").read_text() == "secret"
        assert not (again / "lock").exists()
        assert not (again / LIST).exists()


def test_a_database_that_is_never_still_ends_the_backup_and_leaves_nothing(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platone.infra.backup.instant._TRIES", 2)
    with closing(sqlite3.connect(data / "market.db", isolation_level=None)) as busy:
        busy.execute("BEGIN IMMEDIATE")
        with pytest.raises(BackupFailed, match="never still"):
            back_up(data, tmp_path / "copy")
    assert not [each for each in tmp_path.iterdir() if each != data]
    with closing(sqlite3.connect(data / "ledger.db", timeout=0)) as free:
        free.execute("BEGIN IMMEDIATE")  # nothing is held any more


@pytest.mark.parametrize("name", ["market.db", "ledger/keys/sealer.key"])
@pytest.mark.parametrize("way", ["changed", "gone"])
def test_a_copy_that_is_not_as_it_was_written_is_refused_by_name(
    data: Path, tmp_path: Path, name: str, way: str
) -> None:
    copy = tmp_path / "copy"
    back_up(data, copy)
    if way == "gone":
        (copy / name).unlink()
    else:
        content = bytearray((copy / name).read_bytes())
        content[len(content) // 2] ^= 1
        (copy / name).write_bytes(content)
    with pytest.raises(BackupFailed, match=name):
        restore(copy, tmp_path / "again")
    assert not [each for each in tmp_path.iterdir() if each not in {data, copy}]


def test_what_is_there_is_never_overwritten(data: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    back_up(data, copy)
    with pytest.raises(BackupFailed, match="there already"):
        back_up(data, copy)
    with pytest.raises(BackupFailed, match="there already"):
        restore(copy, data)
    with pytest.raises(BackupFailed, match="no data folder"):
        back_up(tmp_path, tmp_path / "other")
    with pytest.raises(BackupFailed, match="no backup"):
        restore(data, tmp_path / "other")
    with pytest.raises(BackupFailed, match="has its records in files"):
        restore(copy, tmp_path / "other", "postgresql://db.example/platone")
    assert not (tmp_path / "other").exists()


def test_a_list_that_names_a_file_elsewhere_writes_nothing_there(
    data: Path, tmp_path: Path
) -> None:
    copy, target = tmp_path / "copy", tmp_path / "again"
    back_up(data, copy)
    told = json.loads((copy / LIST).read_text())
    told["files"].append({"name": "../stolen", "bytes": 0, "sha256": "0" * 64})
    (copy / LIST).write_text(json.dumps(told))
    (tmp_path / "stolen").touch()
    with pytest.raises(BackupFailed, match="outside"):
        restore(copy, target)
    assert not target.exists()


def test_only_the_owner_may_enter_a_copy(data: Path, tmp_path: Path) -> None:
    back_up(data, tmp_path / "copy")
    assert (tmp_path / "copy").stat().st_mode & 0o077 == 0
    restore(tmp_path / "copy", tmp_path / "again")
    assert (tmp_path / "again").stat().st_mode & 0o077 == 0
