"""The tutorial's own variations of the day: what the report says follows from what happened."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import platone.demo.italy

ITALY = Path(platone.demo.italy.__file__).with_name("scenario")
BEARS_ALL = "The grid bears all of it"


@pytest.fixture
def told(
    tmp_path: Path, demonstrate: Callable[..., Any]
) -> Callable[[Callable[[Path], None]], str]:
    """Runs a changed scenario, and gives the text of its report."""

    def run(change: Callable[[Path], None]) -> str:
        scenario = Path(shutil.copytree(ITALY, tmp_path / "scenario"))
        (scenario / "expected.json").unlink()
        change(scenario)
        found = demonstrate(tmp_path / "out", "--scenario", str(scenario))
        assert found.code == 0, found.printed
        page = (tmp_path / "out" / "index.html").read_text("utf-8").replace("\u202f", "")
        return re.sub(
            r"\s+", " ", re.sub(r"<style>.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL)
        )

    return run


def without_offers(scenario: Path) -> None:
    header, *_ = (scenario / "offers.csv").read_text().splitlines(keepends=True)
    (scenario / "offers.csv").write_text(header)


def with_dear_offers(scenario: Path) -> None:
    file = scenario / "offers.csv"
    file.write_text(re.sub(r"0\.0[137]$", "0.20", file.read_text(), flags=re.MULTILINE))


def with_small_offers(scenario: Path) -> None:
    file = scenario / "offers.csv"
    file.write_text(file.read_text().replace(",-1000,", ",-100,"))


def with_thick_cable(scenario: Path) -> None:
    network = json.loads((scenario / "network.json").read_text())
    for line in network["lines"]:
        line["limitA"] = 2 * line["limitA"]
    (scenario / "network.json").write_text(json.dumps(network))


def test_without_an_offer_flexibility_is_missing(told: Callable[..., str]) -> None:
    text = told(without_offers)
    assert BEARS_ALL not in text
    assert "Flexibility is missing: nobody offered to consume less." in text
    assert "It was broken before the market, and still is." in text
    assert "is still beyond its limit: 259.54 A, the limit is 212.80 A" in text
    assert "A trade that is good for one operator" not in text


def test_dear_offers_are_a_matter_of_price(told: Callable[..., str]) -> None:
    text = told(with_dear_offers)
    assert BEARS_ALL not in text
    assert "The price is too high: the cheapest offer asks for 0.20 €/kWh" in text
    assert "nobody offered" not in text
    assert "A trade that is good for one operator" not in text


def test_too_little_flexibility_is_told_in_kilowatts(told: Callable[..., str]) -> None:
    text = told(with_small_offers)
    assert "offers gave 600.00 of the 1376.74 kW that are needed, 776.74 kW too little" in text
    assert "It was broken before the market, and still is." in text
    assert "AD001090035 is still beyond its limit" in text


def test_where_no_limit_is_broken_nothing_is_blamed(told: Callable[..., str]) -> None:
    text = told(with_thick_cable)
    assert "The forecast: the grid bears the day" in text
    assert "The requests: the TSO asks for flexibility" in text
    assert BEARS_ALL in text
    assert "beyond its limit" not in text
