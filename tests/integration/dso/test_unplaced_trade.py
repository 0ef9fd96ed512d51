"""Trades of points of delivery that cannot be judged: refused by name, and nobody waits."""

from typing import Any

import msgspec
import pytest
from tests.integration.dso.conftest import PODS
from tests.integration.dso.test_grid_day import outcome, trade

from platone.market.domain.validation import validate
from platone.messages.outcome import MarketOutcome, TechnicalOutcome

FOREIGN = "IT001E00000000"
KEPT, SILENT = "IT002E61899978", "IT002E60976796"
CAUSE = {"element": FOREIGN, "kind": "unsupplied", "value": 70.0, "limit": 0.0, "unit": "kW"}


async def answered(world: Any, market: dict[str, Any]) -> dict[tuple[str, int], Any]:
    """The DSO's answer to an outcome, of which the market can make a final one."""
    name = market["marketOutcome"]
    taken = await world.call("MO", "POST", "/api/dso/marketOutcome", market)
    assert taken.status_code == 201, taken.text
    read = await world.call("DSO", "GET", f"/api/dso/technicalOutcome/{name}")
    validate(msgspec.convert(market, MarketOutcome), msgspec.convert(read.json(), TechnicalOutcome))
    parts = read.json()["flexibility"]
    return {(part["pod"], power["index"]): power for part in parts for power in part["power"]}


def with_foreign(name: str, market: dict[str, Any], *powers: dict[str, Any]) -> dict[str, Any]:
    parts = [*market["flexibility"], {"pod": FOREIGN, "power": list(powers)}]
    return market | {"marketOutcome": name, "flexibility": parts}


async def test_it_is_refused_by_name_and_the_rest_is_judged_as_without_it(world: Any) -> None:
    await world.prepare()
    alone = await answered(world, outcome("a" * 24))
    foreign = trade(50, 170.0, 70.0, 0.05, "DSO"), trade(51, 170.0, 70.0, 0.05, "DSO")

    told = await answered(world, with_foreign("b" * 24, outcome(), *foreign))

    for index in (50, 51):
        power = told.pop((FOREIGN, index))
        assert (power["acceptedP"], power["acceptedPValue"]) == ("NOK", 100.0)
        assert power["cuts"] == [CAUSE]
    assert told == alone


async def test_an_outcome_of_nothing_else_is_answered_too(world: Any) -> None:
    await world.prepare()
    reactive = trade(51, 0.0, 0.0, 0.0, "DSO") | {"acceptedPValue": None, "acceptedPChange": None}
    reactive |= {"acceptedQValue": 30.0, "acceptedQChange": 20.0, "acceptedQPrice": 0.01}
    empty = outcome("c" * 24) | {"flexibility": []}

    told = await answered(
        world, with_foreign("c" * 24, empty, trade(50, 170.0, 70.0, 0.05, "DSO"), reactive)
    )

    assert told[FOREIGN, 50]["acceptedP"] == "NOK"
    assert (told[FOREIGN, 51]["acceptedQ"], told[FOREIGN, 51]["acceptedQValue"]) == ("NOK", 10.0)


async def test_what_is_linked_with_it_falls_and_nothing_else(world: Any) -> None:
    await world.prepare()
    block = trade(50, 170.0, 70.0, 0.05, "DSO") | {"linked": "block"}
    beside = trade(50, 1278.545, -1000.0, 0.03, "DSO")
    market = outcome("d" * 24, **{KEPT: beside | {"linked": "block"}})
    other = trade(50, 120.0, 49.62, 0.07, "TSO") | {"playerServiceId": "another"}
    market["flexibility"].append({"pod": "IT002E60550189", "power": [other]})

    told = await answered(world, with_foreign("d" * 24, market, block))

    assert (told[KEPT, 50]["acceptedP"], told[KEPT, 50]["cuts"]) == ("NOK", [CAUSE])
    assert told["IT002E60550189", 50]["acceptedP"] == "OK"


@pytest.mark.parametrize("lacks", ["not_registered", "without_baseline"])
async def test_whose_data_lack_is_refused_and_the_rest_is_judged_as_if_it_took_nothing(
    world: Any, lacks: str
) -> None:
    """The same outcome again, when it is told that it takes nothing, says so of the others."""
    await world.prepare(**{lacks: [SILENT]})
    linked = {"linked": "block"}
    market = outcome("e" * 24)
    for each in market["flexibility"]:
        each["power"] = [power | linked for power in each["power"] if each["pod"] == KEPT] or [
            *each["power"]
        ]
    bad = trade(50, 382.145, 70.0, 0.05, "DSO"), trade(51, 382.145, 70.0, 0.05, "DSO") | linked
    market["flexibility"].append({"pod": SILENT, "power": list(bad)})

    told = await answered(world, market)

    for index in (50, 51):
        power = told.pop((SILENT, index))
        assert (power["acceptedP"], power["acceptedPValue"]) == ("NOK", pytest.approx(312.145))
        assert power["cuts"] == [CAUSE | {"element": SILENT, "kind": "dataMissing"}]
    assert told.pop((KEPT, 50))["acceptedP"] == "NOK"
    await world.idle(SILENT)
    market["marketOutcome"] = "f" * 24
    market["flexibility"] = [
        each for each in market["flexibility"] if each["pod"] not in {SILENT, KEPT}
    ]
    assert kw_of(told) == pytest.approx(kw_of(await answered(world, market)), abs=1e-6)


def kw_of(answers: dict[tuple[str, int], Any]) -> dict[tuple[str, int], float]:
    return {slot: float(power["acceptedPValue"]) for slot, power in answers.items()}


async def test_an_outcome_waits_where_nothing_is_known_at_all(world: Any) -> None:
    await world.prepare(without_baseline=PODS)
    refused = await world.call("MO", "POST", "/api/dso/marketOutcome", outcome())
    assert (refused.status_code, refused.json()["type"]) == (503, "/problems/pod-data-missing")
    assert refused.json()["withoutBaseline"] == sorted(PODS)
