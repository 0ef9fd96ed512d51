import json
from pathlib import Path
from typing import Any

import pytest

from platone.demo.comparison import NotThere, compare, look_up
from platone.demo.scenario import Figure

CONTENT = {"flexibility": [{"pod": "A", "power": [{"index": 50, "p": 1.5}]}, {"pod": "B"}]}


def figure(expected: float | str | list[str], tolerance: float, *at: Any) -> Figure:
    return Figure(title="x", expected=expected, tolerance=tolerance, file="f.json", at=list(at))


def test_a_way_leads_through_names_places_and_conditions() -> None:
    assert look_up(CONTENT, ["flexibility", {"pod": "A"}, "power", {"index": 50}, "p"]) == 1.5
    assert look_up(CONTENT, ["flexibility", 1, "pod"]) == "B"


@pytest.mark.parametrize(
    "at", [["none"], ["flexibility", 2], ["flexibility", {"pod": "C"}], ["flexibility", {}, "pod"]]
)
def test_a_way_that_leads_nowhere_is_an_error(at: list[Any]) -> None:
    with pytest.raises(NotThere):
        look_up(CONTENT, at)


@pytest.mark.parametrize(
    ("expected", "tolerance", "obtained", "is_met"),
    [
        (1.5, 0.0, 1.5, True),
        (1.5, 0.01, 1.5099, True),
        (1.5, 0.01, 1.5101, False),
        (1.5, 0.01, "1.5", True),
        (1.5, 0.01, None, False),
        (1.5, 1.0, "NaN", False),
        ("DSO", 0.0, "DSO", True),
        ("DSO", 0.0, "TSO", False),
        (["A", "B"], 0.0, ["B", "A"], True),
        (["A", "B"], 0.0, ["A"], False),
    ],
)
def test_a_figure_is_met_or_not(
    tmp_path: Path,
    expected: float | str | list[str],
    tolerance: float,
    obtained: Any,
    is_met: bool,  # noqa: FBT001 - a table's column
) -> None:
    (tmp_path / "f.json").write_text(json.dumps({"it": obtained}))
    (row,) = compare([figure(expected, tolerance, "it")], tmp_path)
    assert row.is_met is is_met


def test_what_is_not_there_is_not_met_and_says_why(tmp_path: Path) -> None:
    (row,) = compare([figure(1.0, 1.0, "it")], tmp_path)
    assert not row.is_met
    assert "f.json" in row.reason
