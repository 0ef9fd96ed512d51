"""Reactive power over REST: taken, cleared, validated, and settled from the meter's kvarh."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.integration.market.conftest import Desk, OtherParties, registered, service
from tests.integration.market.test_settlement_recording import (
    DELIVERY,
    INDEX,
    POD,
    WINDOW_ENDS,
    _check_same_bytes,
)

from platone.market.domain.rules import MarketRules
from platone.messages.clearing import ClearingRules, Product

PATH = "/api/flexibilityService"
GATE_CLOSES = datetime(2021, 6, 22, 13, 30, tzinfo=UTC)
BASELINE_KVAR = 75.0
"""100 kW at a power factor of 0.8: the other sides of the triangle of 3, 4 and 5."""
LIMITS = {"upperP": 100, "downP": 100, "upperQ": 50, "downQ": 50}


@pytest.fixture
async def reactive_desk(tmp_path: Path) -> AsyncIterator[Desk]:
    product = Product(least_volume_w=1_000)
    rules = MarketRules(clearing=ClearingRules(reactive=product))
    made = Desk(tmp_path, OtherParties(), datetime(2021, 6, 22, 10, tzinfo=UTC), rules)
    await made.market.start()
    await made.tick()
    pod = registered(POD, down=100, cosPhi=0.8) | {"maxFlexibility": LIMITS}
    await made.call("MDA", "POST", "/api/podRegistry", {"pods": [pod]})
    made.others.baselines[POD] = [100.0] * 96
    yield made
    await made.market.stop()


def _reactive(total_kvar: float, price: float, index: int = INDEX) -> dict[str, Any]:
    point = {"index": index, "p": 0.0, "pPrice": 0.0, "q": total_kvar, "qPrice": price}
    return {"pod": [POD], "powerKind": "Q", "power": [point]}


def _active(total_kw: float, price: float) -> dict[str, Any]:
    return {"pod": [POD], "power": [{"index": INDEX, "p": total_kw, "pPrice": price}]}


async def _sold(desk: Desk, *, active: bool) -> dict[str, Any]:
    """25 kvar less are asked, 20 are offered; and 10 kW less of active power where wanted."""
    more = [_active(90.0, 0.05)] if active else []
    messages = (
        service("DSO", "DSO_request", "need", [*more, _reactive(50.0, 0.01)]),
        service("ACEAE", "offer", "sale", [*more, _reactive(55.0, 0.004)]),
    )
    for message in messages:
        answer = await desk.call(message["playerId"], "POST", PATH, message)
        assert answer.status_code == 201, answer.text
    await desk.tick(GATE_CLOSES)
    await desk.deliver()
    (outcome,) = desk.others.bodies("POST /api/dso/marketOutcome")
    found: dict[str, Any] = outcome
    return found


async def _validated(desk: Desk, outcome: dict[str, Any], **power: float) -> None:
    names = ("marketType", "duration", "interval", "startTime", "marketOutcome")
    technical = {name: outcome[name] for name in names}
    technical["flexibility"] = [{"pod": POD, "power": [{"index": INDEX} | power]}]
    answer = await desk.call("DSO", "POST", "/api/technicalOutcome", technical)
    assert answer.status_code == 201, answer.text


async def test_reactive_power_is_sold_delivered_and_paid_by_the_kvarh(reactive_desk: Desk) -> None:
    """20 kvar are 5 kvarh in a quarter-hour; 4 are delivered at 0.004, of 1 the penalty is 0.02."""
    desk = reactive_desk
    outcome = await _sold(desk, active=False)
    (power,) = outcome["flexibility"][0]["power"]
    assert (power["acceptedPValue"], power["acceptedQValue"]) == (None, 55.0)
    assert (power["acceptedQChange"], power["acceptedQPrice"]) == (-20.0, 0.004)
    await _validated(desk, outcome, acceptedPValue=100.0, acceptedQValue=55.0)
    desk.others.read(POD, DELIVERY, 26_000, reactiveEnergyVarh=14_750)
    await desk.tick(WINDOW_ENDS)
    await desk.deliver()

    settled = await _check_same_bytes(desk, outcome["marketOutcome"])
    ((line,),) = [pod["power"] for pod in settled["flexibility"]]
    assert (line["requestedQ"], line["measuredQ"], line["baselineQ"]) == (55.0, 59.0, BASELINE_KVAR)
    assert (line["changeQ"], line["referenceQ"], line["priceQ"]) == (-20.0, 75.0, 0.004)
    assert (line["paidQ"], line["penaltyQ"]) == pytest.approx((0.016, 0.02))
    assert (line["paidP"], line["penaltyP"], line["requestedP"]) == (0.0, 0.0, 0.0)
    assert (line["status"], line["lineId"]) == (
        "settled",
        f"{outcome['marketOutcome']}.{POD}.{INDEX}.q0",
    )


async def test_both_kinds_are_settled_apart(reactive_desk: Desk) -> None:
    desk = reactive_desk
    outcome = await _sold(desk, active=True)
    await _validated(desk, outcome, acceptedPValue=90.0, acceptedQValue=60.0)
    desk.others.read(POD, DELIVERY, 22_500, reactiveEnergyVarh=15_000)
    await desk.tick(WINDOW_ENDS)
    await desk.deliver()
    settled = await _check_same_bytes(desk, outcome["marketOutcome"])
    active, reactive = settled["flexibility"][0]["power"]
    assert (active["paidP"], active["paidQ"], active["measuredP"]) == (0.125, 0.0, 90.0)
    assert (reactive["paidP"], reactive["paidQ"]) == (0.0, 0.015)
    assert (reactive["changeQ"], reactive["measuredQ"]) == (-15.0, 60.0)


async def test_a_meter_without_reactive_energy_leaves_its_line_open(reactive_desk: Desk) -> None:
    desk = reactive_desk
    outcome = await _sold(desk, active=True)
    await _validated(desk, outcome, acceptedPValue=90.0, acceptedQValue=55.0)
    desk.others.read(POD, DELIVERY, 22_500)
    await desk.tick(WINDOW_ENDS)
    for _ in range(4):  # so often it is looked before what lacks is told
        desk.market._run._patience.hurry()
        desk.market._run.look_again()
        await desk.tick()
    await desk.deliver()
    settled = await _check_same_bytes(desk, outcome["marketOutcome"])
    told = [power["status"] for power in settled["flexibility"][0]["power"]]
    assert told == ["settled", "missingMeasurement"]


async def test_in_real_time_what_was_sold_the_day_ahead_is_the_baseline(
    reactive_desk: Desk,
) -> None:
    desk = reactive_desk
    outcome = await _sold(desk, active=False)
    await _validated(desk, outcome, acceptedPValue=100.0, acceptedQValue=55.0)
    await desk.tick(datetime(2021, 6, 23, 7, tzinfo=UTC))
    real_time = {"marketType": "realTime", "startTime": "2021-06-23T10:00:00Z", "duration": 4}
    power = [_reactive(45.0, 0.004), _reactive(65.0, 0.004, INDEX + 1)]
    for message in (
        service("DSO", "DSO_request", "later", power) | real_time,
        service("ACEAE", "offer", "more", power) | real_time,
    ):
        answer = await desk.call(message["playerId"], "POST", PATH, message)
        assert answer.status_code == 201, answer.text
    await desk.tick(datetime(2021, 6, 23, 8, tzinfo=UTC))
    await desk.deliver()
    _, later = desk.others.bodies("POST /api/dso/marketOutcome")
    told = [
        (each["acceptedQValue"], each["acceptedQChange"])
        for each in later["flexibility"][0]["power"]
    ]
    assert told == [(45.0, -10.0), (65.0, -10.0)]


REFUSED = [
    (_reactive(20.0, 0.004), "offer-outside-limits"),
    (_reactive(75.0, 0.004), "offers-nothing"),
    (_reactive(74.5, 0.004), "volume-below-least"),
    (_reactive(55.0, -1.0), "negative-price"),
]


@pytest.mark.parametrize(("entry", "slug"), REFUSED)
async def test_an_offer_of_reactive_power_is_refused_by_name(
    reactive_desk: Desk, entry: dict[str, Any], slug: str
) -> None:
    answer = await reactive_desk.call(
        "ACEAE", "POST", PATH, service("ACEAE", "offer", "sale", [entry])
    )
    assert (answer.status_code, answer.json()["type"]) == (422, f"/problems/{slug}")
    if slug != "negative-price":
        assert answer.json()["powerKind"] == "Q"


async def test_by_default_reactive_power_is_not_traded(desk: Any, register: Any) -> None:
    await register(POD, up=100, down=100)
    desk.others.baselines[POD] = [100.0] * 96
    message = service("ACEAE", "offer", "sale", [_reactive(55.0, 0.004)])
    answer = await desk.call("ACEAE", "POST", PATH, message)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/reactive-not-traded")
