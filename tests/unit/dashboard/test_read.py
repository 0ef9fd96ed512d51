"""What auditors read, in words: of every route that is theirs, as the table of rights has it."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from platone.dashboard.domain.read import naming_any, read_in_words, reads
from platone.messages.access import AccessView

RIGHTS = Path(__file__).parents[3] / "docs" / "reference" / "rights.md"


def routes_of_auditors() -> set[str]:
    """The routes whose records an auditor reads for a case, and that of what auditors read."""
    found = {"/api/identity/accesses"}  # an auditor's own part, and recorded all the same
    for line in RIGHTS.read_text("utf-8").splitlines():
        cells = [each.strip() for each in line.split("|")]
        route = re.fullmatch(r"`GET (\S+)`", cells[1]) if len(cells) > 9 else None
        if route and cells[8] == "case":
            found.add(route[1])
    return found


def test_every_route_of_an_auditor_has_words_and_nothing_else_has() -> None:
    assert set(reads()) == routes_of_auditors()
    assert len(routes_of_auditors()) > 50


def test_words_are_not_addresses() -> None:
    for path, words in reads().items():
        assert "/" not in words, path
        assert set(re.findall(r"\{\w+\}", words)) <= set(re.findall(r"\{\w+\}", path))
    assert len(set(reads().values())) == len(reads())


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            "GET /api/certification/proof/8a1f.IT001E00000071.50.0",
            "the proof of a reading, an outcome or a payment",
        ),
        ("GET /api/scd/pods/IT001E00000071", "the registration of IT001E00000071"),
        (
            "GET /api/scd/measurements?podId=P%2F1&from=2021-06-23T00%3A00%3A00Z",
            "readings, of P/1",
        ),
        ("GET /api/scd/baselines?podId=P-1&podId=P-2&podId=P-3", "baselines, of P-1 and 2 more"),
        ("GET /api/scd/baselines?podId=P-1&podId=P-2", "baselines, of P-1 and 1 more"),
        ("GET /api/books/statements/2021-06?party=ACEAE", "a statement of 2021-06, of ACEAE"),
        ("GET /api/dso/stateEstimation/picture", "a picture of the grid's newest estimated state"),
        ("GET /api/dso/stateEstimation/7", "an estimated state of the grid"),
        ("GET /api/unheard-of", "something else"),
        ("POST /api/scd/pods", "something else"),
        ("GET /api/scd/pods/" + "x" * 4000, "the registration of " + "x" * 4000),
        ("", "something else"),
    ],
)
def test_a_call_is_told_in_words(call: str, words: str) -> None:
    assert read_in_words(call) == words


def test_a_path_without_an_open_part_is_told_in_its_own_words() -> None:
    fixed = [path for path in reads() if "{" not in path]
    assert len(fixed) > 20
    for path in fixed:
        assert read_in_words(f"GET {path}") == reads()[path]


CALLS = (
    "GET /api/scd/pods/P-1",
    "GET /api/scd/pods/P-10",
    "GET /api/scd/measurements?podId=P%2F1&from=2021-06-23T00%3A00%3A00Z",
    "GET /api/scd/baselines?podId=P-2&podId=P-1",
    "GET /api/books/statements/2021-06?party=ANNA",
    "GET /api/scd/pods?customerId=Anna%20B",
    "GET /api/scd/pods",
    "",
)


@pytest.mark.parametrize(
    ("names", "found"),
    [
        ("P-1", [0, 3]),  # and not P-10
        ("p-1", [0, 3]),
        ("P/1", [2]),
        ("P-2, P-10", [1, 3]),
        (" anna  P/1 ", [2, 4]),
        ("P", []),
        ("", []),
        (" , ", []),
    ],
)
def test_accesses_are_found_by_whom_they_name(names: str, found: list[int]) -> None:
    at = datetime(2021, 6, 23, tzinfo=UTC)
    every = [
        AccessView(number=n, at=at, party_id="A", client_id="A", case="1", call=call)
        for n, call in enumerate(CALLS)
    ]
    assert [each.number for each in naming_any(every, names)] == found
