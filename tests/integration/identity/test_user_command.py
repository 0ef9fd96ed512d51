"""`platone user …` says who may sign in, beside a running server or not."""

from collections.abc import Awaitable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from platone.bootstrap.identity_records import with_identity
from platone.cli import app
from platone.identity.records.change import ChangeRecords
from platone.infra.db import Database
from platone.infra.listing import Listed, Part
from platone.kernel.clock import SystemClock
from platone.kernel.errors import PlatoneError
from platone.messages.people import ChangeView

PASSWORD = "a long sentence of words\n"


def user(folder: Path, *words: str, typed: str = "") -> Result:
    return CliRunner().invoke(app, ["user", *words, "--data", str(folder)], input=typed)


def told(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.output


def test_people_come_and_go(folder: Path) -> None:
    assert told(user(folder, "list")).count("by a press") == 9
    added = told(user(folder, "add", "anna", "--party", "MO", "--password-stdin", typed=PASSWORD))
    assert added == (
        "anna may sign in for MO.\nThe development parties no longer sign in by a press.\n"
    )
    words = ("add", "rossi", "--party", "HOUSE-7", "--role", "Customer", "--password-stdin")
    assert told(user(folder, *words, typed=PASSWORD)) == "rossi may sign in for HOUSE-7.\n"
    factor = told(user(folder, "second-factor", "anna"))
    assert "otpauth://totp/Platone:anna?secret=" in factor
    assert told(user(folder, "list")).splitlines() == [
        "anna: MO (MarketOperator), by password and one-time code",
        "rossi: HOUSE-7 (Customer), by password",
    ]
    told(user(folder, "password", "rossi", "--password-stdin", typed="another " + PASSWORD))
    told(user(folder, "remove", "anna"))
    assert told(user(folder, "list")) == "rossi: HOUSE-7 (Customer), by password\n"
    changes = _changes(folder)[::-1]
    pressed = [each for each in changes if each.before and not each.after][:-1]
    assert len(pressed) == 9  # the development people, who go with the first one
    deeds = [(each.subject, each.before, each.after) for each in changes if each not in pressed]
    anna = {"party": "MO", "roles": "MarketOperator"}
    rossi = {"party": "HOUSE-7", "roles": "Customer"}
    assert deeds == [
        ("anna", {}, anna),
        ("rossi", {}, rossi),
        ("anna", anna, anna | {"secondFactor": "made anew"}),
        ("rossi", rossi, rossi | {"password": "made anew"}),
        ("anna", anna, {}),
    ]
    assert {each.client_id for each in changes} == {"commandLine"}
    assert "argon2" not in str(changes)  # no hash is told


def _changes(folder: Path) -> list[ChangeView]:
    def read(database: Database) -> Awaitable[Listed[ChangeView]]:
        return ChangeRecords(database, SystemClock()).select(None, 2**53, Part("", 100))

    return with_identity(folder, read).items


def test_the_password_is_asked_for_twice_and_not_shown(folder: Path) -> None:
    words = ("add", "anna", "--party", "MO")
    shown = told(user(folder, *words, typed=PASSWORD + PASSWORD))
    assert PASSWORD.strip() not in shown
    assert "anna may sign in" in shown
    differs = user(folder, "password", "anna", typed=PASSWORD + "something else\n")
    assert differs.exit_code != 0


@pytest.mark.parametrize(
    ("words", "slug"),
    [
        (("add", "anna", "--party", "NEW", "--password-stdin"), "role-not-of-party"),
        (("remove", "nobody"), "person-unknown"),
        (("password", "MO", "--password-stdin"), "person-unknown"),
        (("second-factor", "MO"), "person-unknown"),
    ],
)
def test_what_cannot_be_is_refused(folder: Path, words: tuple[str, ...], slug: str) -> None:
    result = user(folder, *words, typed=PASSWORD)
    assert isinstance(result.exception, PlatoneError)
    assert result.exception.slug == slug


def test_a_folder_of_no_server_is_refused_and_stays_as_it_is(tmp_path: Path) -> None:
    result = user(tmp_path, "list")
    assert isinstance(result.exception, PlatoneError)
    assert "is no server's data folder" in result.exception.detail
    assert list(tmp_path.iterdir()) == []
