"""The tutorial's own variations of the day: what the report says follows from what happened."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import platone.demo.italy

from .test_italy_changed import BASELINES, MOSTACCIANO, change_rows, radial_flow

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


LOWER_KW = 78.545
"""How much lower the first customer's baseline is, kW: a thirtieth of it."""
TARGET_KW = 5771.039299061133
"""Total power of the three customers at which the cable bears its limit (D3.6, 4.3.2)."""


def with_a_lower_baseline(scenario: Path) -> None:
    """And with an offer that asks for exactly as much as the DSO pays."""

    def lower(place: int, row: dict[str, str]) -> None:
        if place == 50:
            row["IT002E61899978"] = str(BASELINES["IT002E61899978"] - LOWER_KW)

    change_rows(scenario / "baselines.csv", lower)
    asking(scenario, "0.10")


def asking(scenario: Path, price: str) -> None:
    """Let the second customer ask for another price than 0.03."""
    file = scenario / "offers.csv"
    file.write_text(file.read_text().replace("-500,0.03", f"-500,{price}"))


def test_a_lower_baseline_is_told_with_its_own_figures(told: Callable[..., str]) -> None:
    """The current by the power flow beside this file, the need from the published total."""
    text = told(with_a_lower_baseline)
    network = json.loads((ITALY / "network.json").read_text())
    lower = {"IT002E61899978": 2278.545 - LOWER_KW, "IT002E60974469": 4557.09}
    others = {pod: kw for pod, kw in BASELINES.items() if pod not in lower}
    forecast_a = radial_flow().currents_a(network, others | lower)[MOSTACCIANO]
    over = 100 * (forecast_a / 212.8 - 1)
    assert forecast_a < 259.5
    assert f"would carry {forecast_a:.2f} A ; allowed are 212.80 A." in text
    assert f"That is {over:.1f} % too much." in text
    asked = ("IT002E61899978", "IT002E60976796", "IT002E60974469")
    needed = sum((others | lower)[pod] for pod in asked) - TARGET_KW
    assert f"All of the {needed:.2f} kW that are needed were offered and taken." in text
    assert "Cleared at 0.10 €/kWh" in text  # an offer at the limit is within it
    assert "AD001090035 is still beyond its limit" not in text
    assert "Flexibility is missing" not in text
    assert "too high" not in text


def test_one_offer_above_the_price_limit_is_named_as_too_dear(told: Callable[..., str]) -> None:
    """A cent above 0.10: what is missing is told, and that it was to be had for more."""
    text = told(lambda scenario: asking(scenario, "0.11"))
    why = (
        "Flexibility is missing: offers gave 1000.00 of the 1376.74 kW that are needed, "
        "376.74 kW too little; 1 more asked for too high a price."
    )
    assert f"{why} Cleared at 0.01 €/kWh" in text
    assert f"It was broken before the market, and still is. {why}" in text
    assert "AD001090035 is still beyond its limit" in text
    assert "nobody offered" not in text


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
