"""Every reason, state and language that pages know is one that the product has."""

import re
from collections.abc import Iterator
from datetime import date
from importlib import resources
from pathlib import Path

import pytest

from platone.customers.domain.erasure import CONTEXTS
from platone.dashboard.domain.history import SPANS
from platone.dashboard.domain.language import Reader, sentences
from platone.dashboard.domain.navigation import links_of
from platone.dashboard.domain.proof_check import STEPS
from platone.dashboard.domain.reason import (
    COURSE,
    reason_in_words,
    state_in_words,
    tone_of,
    wait_in_words,
)
from platone.dashboard.domain.right import COLUMNS
from platone.infra.page.language import preferred
from platone.messages.base import Role
from platone.messages.dispute import DisputeOutcome, DisputeReason, DisputeStatus
from platone.messages.ledger import ProposalState
from platone.messages.market import WaitsFor

PROBLEMS = re.findall(
    r"^#+ `?([a-z-]+)`?$",
    (Path(__file__).parents[3] / "docs" / "reference" / "problems.md").read_text("utf-8"),
    re.MULTILINE,
)
"""The names of all problems, as their page has them."""
RULES = Path(__file__).parents[3] / "docs" / "reference" / "market-rules.md"


def test_a_session_s_state_is_no_word_of_programs() -> None:
    assert [state_in_words(each) for each in ("created", "active", "outcome", "validated")] == [
        "planned",
        "open",
        "cleared",
        "checked",
    ]
    assert state_in_words("partlyPaid") == "partly paid"
    assert "settled" in COURSE


def test_every_reason_of_the_rules_is_in_words() -> None:
    table = RULES.read_text("utf-8").partition("| `rejectionTypeP` | reason |")[2]
    rows = table.partition("\n\n")[0].splitlines()[2:]
    codes = [code for row in rows for code in re.findall(r"`(\w+)`", row.split("|")[1])]
    assert len(codes) >= 12
    for code in codes:
        assert reason_in_words(code) not in {"", code}, code
    assert reason_in_words(None) == ""
    assert reason_in_words("somethingNew") == "somethingNew"


def test_every_one_whom_a_session_waits_for_is_in_words() -> None:
    assert all(wait_in_words(each.value) != each.value for each in WaitsFor)


@pytest.mark.parametrize(
    ("status", "tone"), [("settled", "good"), ("cancelled", "over"), ("created", ""), ("?", "")]
)
def test_a_state_has_the_colour_of_its_meaning(status: str, tone: str) -> None:
    assert tone_of(status) == tone


def test_every_sentence_is_spoken_somewhere() -> None:
    room = resources.files("platone.dashboard")
    spoken = "".join(
        file.read_text("utf-8")
        for folder in ("template", "domain", "api")
        for file in room.joinpath(folder).iterdir()
        if file.name.endswith((".j2", ".py"))
    )
    english = sentences("en")
    coded = set(_coded())
    assert coded <= english.keys()
    refusals = {name for name in english if name.startswith(("problem_", "title_"))}
    assert refusals <= {f"{said}_{slug}" for said in ("problem", "title") for slug in PROBLEMS}
    silent = {
        name
        for name in english.keys() - coded - refusals
        if f"t.{name}" not in spoken and f'"{name}"' not in spoken
    }
    assert silent == set()
    assert set(re.findall(r"\bt\.([a-z_]+)", spoken)) <= sentences("en").keys()


def _coded() -> Iterator[str]:
    """The names of sentences that are made of what the product itself names."""
    yield from (f"span_{kind}" for kind in SPANS)
    yield from (f"{said}_{name}" for said in ("step", "why") for name in STEPS)
    yield from (f"step_{end}" for end in ("holds", "fails", "yours", "not_applied"))
    yield from ("why_device_not", "why_seal_not")
    yield from (f"readers_{column}" for column in COLUMNS if column != "customer")
    yield from (f"about_{each.value}" for each in DisputeReason)
    yield from (f"outcome_{each.value}" for each in DisputeOutcome)
    yield from (f"{said}_{each.value}" for said in ("dispute", "said") for each in DisputeStatus)
    yield from (f"proposal_{each.value}" for each in ProposalState if each.value != "open")
    yield from (f"erasure_at_{context}" for context in CONTEXTS)
    yield from (f"count_{state}" for state in ("certified", "waiting", "failed"))
    yield from ("reading_waiting", "reading_failed")
    yield from (f"quality_{quality}" for quality in ("estimated", "simulated"))
    for kind in ("invoice", "selfBilling", "creditNote"):
        yield from (f"document_{kind}", f"document_{kind}_lead")


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("it-IT,it;q=0.9,en;q=0.8", "it"),
        ("fr,de;q=0.5,el;q=0.7", "el"),
        ("de;q=0,en;q=0.1", "en"),
        ("fr", "en"),
        ("", "en"),
        (";;;q=x,,", "en"),
        ("DE-at", "de"),
    ],
)
def test_the_preferred_language_is_the_heaviest_known(header: str, language: str) -> None:
    assert preferred(header) == language


def test_days_are_told_as_households_read_them() -> None:
    told = [
        Reader(language, "Europe/Rome").day(date(2021, 6, 23))
        for language in ("en", "it", "de", "el")
    ]
    assert told == [
        "Wednesday, 23 June 2021",
        "mercoledì 23 giugno 2021",
        "Mittwoch, 23. Juni 2021",
        "Τετάρτη 23 Ιουνίου 2021",
    ]


def test_each_role_is_led_somewhere_and_customers_not_to_the_market() -> None:
    for role in Role:
        assert links_of(frozenset({role}), is_dso=True)[0].path == "/"
    paths = {each.path for each in links_of(frozenset({Role.CUSTOMER}), is_dso=False)}
    assert "/app" in paths
    assert paths.isdisjoint({"/market", "/grid", "/devices", "/pods", "/accesses"})
