"""Trades of a point of delivery that the network does not connect: refused, and nobody waits."""

from typing import Any

import msgspec
from tests.integration.dso.test_grid_day import outcome, trade

from platone.market.domain.validation import validate
from platone.messages.outcome import MarketOutcome, TechnicalOutcome

FOREIGN = "IT001E00000000"
KEPT = "IT002E61899978"
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
