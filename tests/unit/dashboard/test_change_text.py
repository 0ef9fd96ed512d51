"""The log of changes in words, and the sentences that a page's script brings along."""

import json
from datetime import UTC, datetime

import pytest

from platone.dashboard.domain.change_text import KINDS, told
from platone.dashboard.domain.worker_script import worker_script
from platone.messages.people import ChangeView

OLD, NEW = {"role": "reader"}, {"role": "writer"}


def change(
    kind: str, before: dict[str, str], after: dict[str, str], client: str = "ACEA"
) -> ChangeView:
    return ChangeView(
        number=1,
        at=datetime(2021, 6, 23, tzinfo=UTC),
        party_id="ACEA",
        client_id=client,
        kind=kind,
        subject="x-1",
        before=before,
        after=after,
    )


@pytest.mark.parametrize(
    ("kind", "before", "after", "deed"),
    [
        ("person", OLD, NEW, "changed the person x-1"),
        ("person", {}, NEW, "made the person x-1"),
        ("person", OLD, {}, "removed the person x-1"),
        ("agreement", OLD, {}, "ended the agreement of x-1"),
        ("agreement", OLD, NEW, "changed the agreement of x-1"),
        ("agreement", {}, NEW, "made the agreement of x-1"),
        ("meterKey", OLD, {}, "removed meter key x-1"),
        ("clock", OLD, NEW, "moved x-1 clock"),
    ],
)
def test_what_was_done(kind: str, before: dict[str, str], after: dict[str, str], deed: str) -> None:
    view = change(kind, before, after)
    found = told(view)
    assert (found.deed, found.view) == (deed, view)


@pytest.mark.parametrize(
    ("client", "who"),
    [("ACEA", "ACEA"), ("person:anna", "anna for ACEA"), ("meters", "meters for ACEA")],
)
def test_who_did_it(client: str, who: str) -> None:
    assert told(change("person", OLD, NEW, client)).who == who


def test_only_what_differs_is_told() -> None:
    before = {"same": "1", "givenName": "Ann", "gone": "y"}
    after = {"same": "1", "givenName": "Anna", "is_new": "z"}
    assert told(change("person", before, after)).fields == (
        ("given name", "Ann", "Anna"),
        ("gone", "y", ""),
        ("is new", "", "z"),
    )


def test_the_script_brings_its_sentences_in_every_language() -> None:
    names = ("push_accepted", "push_activated", "push_body", "power_drawn", "power_fed", "day")
    said = {
        language: {name: f"{language} {name} è" for name in (*names, "other")}
        for language in ("it", "el")
    }
    first, rest = worker_script(b"code();\n", said).split(b"\n", 1)
    assert rest == b"code();\n"
    assert first.startswith(b"const TOLD = {")
    assert first.endswith(b"};")
    assert first.isascii()  # whatever encoding a browser takes it for
    assert json.loads(first.removeprefix(b"const TOLD = ").removesuffix(b";")) == {
        language: {name: f"{language} {name} è" for name in names} for language in ("it", "el")
    }


def test_roles_have_the_names_that_people_know_them_by() -> None:
    before = {"roles": "Customer"}
    after = {"roles": "FlexibilityServiceProvider, MarketOperator"}
    assert told(change("person", before, after)).fields == (
        ("roles", "customer", "aggregator, market operator"),
    )


def test_kinds_have_the_names_of_the_pages_where_they_stand() -> None:
    assert (KINDS["deadLetter"], KINDS["session"]) == ("refused message", "session")
