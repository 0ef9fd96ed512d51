"""`platone books check` on a data folder, beside a running server and without one."""

import sqlite3
from pathlib import Path
from typing import Any

import msgspec
from tests.integration.ledger.test_books import traded as traded  # noqa: PLC0414 - a fixture
from typer.testing import CliRunner

from platone.cli import app

RUN = CliRunner()


def server_folder(folder: Path) -> Path:
    """The data folder that a server would have with this ledger."""
    data = folder.parent / "server"
    data.mkdir(exist_ok=True)
    for name, target in (("ledger", folder), ("ledger.db", folder / "ledger.db")):
        if not (data / name).exists():
            (data / name).symlink_to(target)
    return data


def check(folder: Path, *options: str) -> Any:
    """Run it on that folder."""
    data = server_folder(folder)
    return RUN.invoke(app, ["books", "check", "--data", str(data), *options])


def in_a_thread(folder: Path, *options: str) -> Any:
    """A command makes a loop of its own."""
    import threading  # noqa: PLC0415 - only here

    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(check(folder, *options)))
    thread.start()
    thread.join(60)
    return found[0]


async def test_the_command_says_that_all_agrees(traded: Any) -> None:
    told = in_a_thread(traded.folder)
    assert told.output == "5 entries of 1 settlements: no differences\n"
    assert told.exit_code == 0


async def test_the_command_names_differences_and_fails(traded: Any) -> None:
    with sqlite3.connect(traded.folder / "ledger.db") as connection:
        connection.execute("DROP TRIGGER book_entry_no_delete")
        connection.execute("DELETE FROM book_entry WHERE position = 0")
    connection.close()
    told = in_a_thread(traded.folder, "--json")
    assert told.exit_code == 1
    found = msgspec.json.decode(told.output)
    assert not found["isReconciled"]
    subjects = [each["what"] for each in found["differences"]]
    assert any("settlement s-1" in each for each in subjects)
    assert any("charges of DSO" in each for each in subjects)


def test_a_folder_without_a_server_is_told(tmp_path: Path) -> None:
    told = RUN.invoke(app, ["books", "check", "--data", str(tmp_path)])
    assert told.exit_code == 1
    assert "no server's data folder" in str(told.exception)
    assert list(tmp_path.iterdir()) == []
