"""Outages: the form that asks for them, and the file of what follows from each."""

from datetime import UTC, datetime
from typing import Any

import pytest

from platone.dashboard.domain.job import job_in_words, tone_of_job
from platone.dashboard.domain.outage_file import OUTAGES, consequences
from platone.dashboard.domain.outage_form import read_outages
from platone.dashboard.domain.problem import FieldWrong
from platone.messages.outage import DarkIsland, LastingAlarm, OutageResult, ResupplyResult

START = datetime(2021, 6, 22, 22, tzinfo=UTC)
STREET = DarkIsland(
    buses=["bus/street"],
    consumers=["load/street", "IT001E00000071"],
    lost_kw=196.9,
    lost_kwh=2978.2,
    lost_generation_kwh=0.0,
)


def alarm(value: float, intact: float | None, limit: float = 285.0) -> LastingAlarm:
    return LastingAlarm(
        element="line/back",
        kind="current",
        value=value,
        limit=limit,
        unit="A",
        at=START,
        quarter_hours=12,
        intact_value=intact,
    )


def outage(element: str = "line/street", **more: Any) -> OutageResult:
    empty: dict[str, Any] = {"islands": [], "alarms": [], "unsolved": [], "resupply": []}
    given: dict[str, Any] = {"element": element, "name": "cable", "lost_kw": 0.0, "lost_kwh": 0.0}
    return OutageResult(**(given | empty | more))


def told(*outages: OutageResult) -> list[dict[str, object]]:
    return [
        {name: tell(row) for name, tell in OUTAGES.items() if tell(row) not in {None, ""}}
        for row in consequences(outages)
    ]


def test_all_elements_of_a_day_are_asked_for_unless_some_are_named() -> None:
    asked = read_outages({"branches": "", "resupply": "yes"}, "n", START)
    assert (asked.network_id, asked.start_time, asked.branches) == ("n", START, None)
    assert asked.resupply
    assert asked.voltage_band is None


def test_named_elements_are_taken_once_however_they_are_separated() -> None:
    typed = {"branches": " line/a,line/b;\n line/a\ttrafo/1 "}
    asked = read_outages(typed, "n", START)
    assert asked.branches == ("line/a", "line/b", "trafo/1")
    marked = {"branch.1": "line with a blank", "branch.7": "line/b", "branch": " line/c "}
    found = read_outages(marked | typed, "n", START).branches
    assert found == ("line with a blank", "line/b", "line/c", "line/a", "trafo/1")
    assert not asked.resupply


def test_a_list_that_names_nothing_is_no_wish_for_all() -> None:
    with pytest.raises(FieldWrong):
        read_outages({"branches": " ,; "}, "n", START)


def test_a_band_of_voltages_needs_both_ends() -> None:
    asked = read_outages({"least": "0,95", "most": "1.05"}, "n", START)
    assert asked.voltage_band is not None
    assert (asked.voltage_band.least_pu, asked.voltage_band.most_pu) == (0.95, 1.05)
    for half in ({"least": "0.95"}, {"most": "1.05"}, {"least": "low", "most": "1.05"}):
        with pytest.raises(FieldWrong):
            read_outages(half, "n", START)


@pytest.mark.parametrize(("names", "is_taken"), [(1000, True), (1001, False)])
def test_names_are_bounded(names: int, is_taken: bool) -> None:  # noqa: FBT001
    typed = {"branches": " ".join(f"line/{each}" for each in range(names))}
    if is_taken:
        assert len(read_outages(typed, "n", START).branches or ()) == names
    else:
        with pytest.raises(FieldWrong):
            read_outages(typed, "n", START)


def test_a_file_tells_who_is_dark_and_what_the_best_switching_leaves() -> None:
    """The street of the how-to page: its cable fails, and the one behind the houses takes over."""
    best = ResupplyResult(
        closed=["line/back"], islands=[], alarms=[alarm(301.7, None)], unsolved=[]
    )
    worse = ResupplyResult(closed=["line/far"], islands=[STREET], alarms=[], unsolved=[])
    rows = told(outage(islands=[STREET], resupply=[best, worse]))
    common = {"rank": 1, "out_of_service": "line/street", "name": "cable"}
    assert rows == [
        common
        | {
            "what_follows": "without supply",
            "elements": "load/street IT001E00000071",
            "lost_kw": 196.9,
            "lost_kwh": 2978.2,
        },
        common
        | {
            "closed": "line/back",
            "what_follows": "current limit",
            "elements": "line/back",
            "value": 301.7,
            "limit": 285.0,
            "unit": "A",
            "worst_at": START,
            "hours": 3.0,
        },
    ]


def test_each_outage_has_a_line() -> None:
    clean = ResupplyResult(closed=["a", "b"], islands=[], alarms=[], unsolved=[])
    lost = ResupplyResult(closed=["a"], islands=[], alarms=[], unsolved=[START])
    rows = told(
        outage("1"),
        outage("2", unsolved=[START, START]),
        outage("3", islands=[STREET], resupply=[clean]),
        outage("4", islands=[STREET], resupply=[lost]),
    )
    assert [(row["rank"], row["what_follows"], row.get("closed")) for row in rows] == [
        (1, "nothing", None),
        (2, "no solution in 2 quarter-hours", None),
        (3, "without supply", None),
        (3, "all is supplied again", "a b"),
        (4, "without supply", None),
        (4, "no solution then", "a"),
    ]
    (later,) = consequences([outage()], 51)
    assert later.place == 51


@pytest.mark.parametrize(
    ("value", "intact", "is_worse"),
    [
        (300.0, None, True),
        (300.0, 290.0, True),
        (300.0, 298.0, False),  # by less than 1 % of 285 A
        (300.0, 310.0, False),
        (280.0, 290.0, True),  # below its least value
        (280.0, 282.0, False),
        (280.0, 270.0, False),
    ],
)
def test_a_limit_counts_where_the_outage_makes_it_worse(
    value: float,
    intact: float | None,
    is_worse: bool,  # noqa: FBT001
) -> None:
    found = outage(alarms=[alarm(value, intact)])
    assert found.alarms[0].is_made_worse == is_worse
    assert found.is_harmless != is_worse
    assert (told(found)[0]["what_follows"] == "current limit") == is_worse


def test_who_is_dark_or_has_no_solution_is_harmed() -> None:
    assert outage().is_harmless
    assert not outage(islands=[STREET]).is_harmless
    assert not outage(unsolved=[START]).is_harmless


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("POST /api/dso/outages", "Outages"),
        ("GET /api/dso/networks/x/heatMap", "Loading of a day"),
        ("PUT /api/dso/networks/outages", "Network checked and stored"),
        ("POST /api/dso/new", "POST /api/dso/new"),
    ],
)
def test_calculations_are_told_in_words(what: str, words: str) -> None:
    assert job_in_words(what) == words


def test_states_of_calculations_have_tones() -> None:
    tones = [tone_of_job(each) for each in ("queued", "running", "done", "failed")]
    assert tones == ["near", "live", "good", "over"]
