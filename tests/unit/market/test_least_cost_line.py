"""Lines of a clearing at least cost: who pays how much, and why what is left was not taken."""

from random import Random

import pytest
from msgspec import structs
from tests.unit.market.market_case import (
    BASELINE_KW,
    TSO,
    ask,
    changes,
    grid_limit,
    offer,
    reasons,
    session,
    trades,
)

from platone.market.domain.clearing import clear
from platone.messages.clearing import ClearingRules, Method, ShadowPrice
from platone.messages.market import RecordedService, RecordedSession, ServiceType
from platone.messages.outcome import AcceptedPower, MarketOutcome

JOINT = ClearingRules(method=Method.LEAST_COST)
PODS = [f"POD{number}" for number in range(5)]


def case(seed: int) -> RecordedSession:
    """A quarter-hour with offers both ways, requests and limits; some have no request at all."""
    draw = Random(seed)  # noqa: S311 - a test's
    services = [
        offer(pod, draw.choice([-1, 1]) * draw.randint(1, 9) / 4, draw.randint(0, 20) / 100)
        for pod in PODS
    ]
    for number in range(draw.randint(0, 2)):
        group = draw.sample(PODS, draw.randint(1, 4))
        kind = draw.choice([ServiceType.DSO_REQUEST, TSO])
        need_kw = draw.choice([-1, 1]) * draw.randint(1, 12) / 4
        services.append(ask(f"r{number}", group, need_kw, draw.randint(5, 30) / 100, kind))
    limits = [
        grid_limit(
            f"e{number}",
            {pod: draw.choice([-1.0, -0.5, 0.5, 1.0]) for pod in PODS},
            most=draw.choice([-2.0, -0.5, 0.5, 3.0]),
            price=0.3,
        )
        for number in range(draw.randint(0, 1))
    ]
    return session(*services, rules=JOINT, limits=tuple(limits))


def at(index: int, service: RecordedService) -> RecordedService:
    entries = [
        structs.replace(each, power=[structs.replace(point, index=index) for point in each.power])
        for each in service.flexibility
    ]
    name = f"{service.player_service_id}@{index}"
    return structs.replace(service, player_service_id=name, flexibility=entries)


def lines(outcome: MarketOutcome, index: int) -> dict[str, list[AcceptedPower]]:
    return {
        pod.pod: [
            structs.replace(
                power,
                index=0,
                player_service_id=power.player_service_id.split("@")[0],
                request_service_id=(power.request_service_id or "").split("@")[0],
            )
            for power in pod.power
            if power.index == index
        ]
        for pod in outcome.flexibility
    }


def shadows(outcome: MarketOutcome, index: int) -> list[ShadowPrice]:
    return [
        structs.replace(each, index=0, name=each.name.split("@")[0])
        for each in outcome.shadow_prices
        if each.index == index
    ]


@pytest.mark.parametrize("seed", range(12))
def test_each_quarter_hour_is_decided_as_if_it_stood_alone(seed: int) -> None:
    """Three of a day, the last one among them, and one without requests in their midst."""
    unasked = session(*(offer(pod, -1, 0.1) for pod in PODS), rules=JOINT)
    parts = {0: case(3 * seed), 7: case(3 * seed + 1), 8: unasked, 99: case(3 * seed + 2)}
    pods = [structs.replace(each, power_baseline=[BASELINE_KW] * 100) for each in parts[0].pods]
    whole = structs.replace(
        parts[0],
        pods=pods,
        flexibility_services=[
            at(index, each) for index, part in parts.items() for each in part.flexibility_services
        ],
        grid_limits=tuple(
            structs.replace(each, index=index)
            for index, part in parts.items()
            for each in part.grid_limits
        ),
    )
    found = clear(whole)
    for index, part in parts.items():
        alone = clear(part)
        assert lines(found, index) == lines(alone, 0), index
        assert shadows(found, index) == shadows(alone, 0), index


def test_what_is_worth_nothing_is_paid_by_the_first_whom_it_serves() -> None:
    """A free offer serves b, and not a, who comes first; all of it is b's."""
    outcome = clear(
        session(
            offer("POD0", -30, 0.0),
            offer("POD1", -30, 0.0),
            ask("a", ["POD1"], -5, 0.5),
            ask("b", ["POD0"], -10, 0.4),
            rules=JOINT,
        )
    )
    told = {
        pod: [(p.request_service_id, p.accepted_p_change, p.accepted_p_price) for p in powers]
        for pod, powers in trades(outcome).items()
    }
    assert told == {"POD0": [("b", -10, 0.0)], "POD1": [("a", -5, 0.0)]}


def test_who_finds_it_worth_something_pays() -> None:
    """The TSO's need is met by what the DSO takes: it is worth nothing more to the TSO."""
    outcome = clear(
        session(
            offer("POD0", -50, 0.1),
            ask("dso", ["POD0"], -30, 0.5),
            ask("tso", ["POD0"], -20, 0.5, TSO),
            rules=JOINT,
        )
    )
    (power,) = trades(outcome)["POD0"]
    assert (power.request_service_id, power.accepted_p_change) == ("dso", -30)


def test_all_of_an_offer_is_paid_what_it_is_worth() -> None:
    outcome = clear(
        session(
            offer("POD0", -10, 0.1),
            offer("POD1", -50, 0.3),
            ask("a", ["POD0", "POD1"], -30, 0.5),
            rules=JOINT,
        )
    )
    found = {pod: [p.accepted_p_price for p in powers] for pod, powers in trades(outcome).items()}
    assert found == {"POD0": [0.3], "POD1": [0.3]}


def test_a_need_below_a_kilowatt_is_a_need() -> None:
    """What is missing of it is told, and of each other offer why it was not taken."""
    outcome = clear(
        session(
            offer("POD0", -0.125, 0.1),
            offer("POD1", -5, 0.75),
            offer("POD2", 5, 0.1),
            ask("a", ["POD0", "POD1", "POD2"], -0.5, 0.5),
            rules=JOINT,
        )
    )
    assert changes(outcome) == {"POD0": -0.125, "POD1": 0, "POD2": 0}
    assert reasons(outcome) == {
        "POD0": None,
        "POD1": "priceAboveLimit",
        "POD2": "wrongDirection",
    }
    (shadow,) = outcome.shadow_prices
    assert (shadow.price, shadow.missing) == (0.5, 0.375)


def test_relief_below_an_ampere_is_relief() -> None:
    limit = grid_limit("line", {"POD0": 0.5, "POD1": 0.5}, most=-0.5, price=1.0)
    outcome = clear(
        session(
            offer("POD0", -0.25, 0.1),
            offer("POD1", -5, 0.75),
            offer("POD2", -5, 0.1),
            rules=JOINT,
            limits=(limit,),
        )
    )
    assert changes(outcome) == {"POD0": -0.25, "POD1": 0, "POD2": 0}
    assert reasons(outcome) == {"POD0": None, "POD1": "priceAboveLimit", "POD2": "noRequest"}
    (shadow,) = outcome.shadow_prices
    assert (shadow.price, shadow.missing) == (1.0, 0.375)


def test_relief_can_be_a_greater_flow() -> None:
    """A voltage that is too low by 0.5 V: half of it is cured by all that is offered."""
    limit = grid_limit("bus", {"POD0": -0.5}, least=0.5, price=1.0)
    outcome = clear(session(offer("POD0", -0.5, 0.1), rules=JOINT, limits=(limit,)))
    assert changes(outcome) == {"POD0": -0.5}
    (shadow,) = outcome.shadow_prices
    assert (shadow.price, shadow.missing) == (1.0, 0.25)


def test_a_limit_that_is_kept_asks_for_nothing() -> None:
    kept = grid_limit("line", {"POD0": 1.0}, most=5.0)
    outcome = clear(
        session(
            offer("POD0", -10, 0.1),
            offer("POD1", -10, 0.1),
            ask("a", ["POD1"], -5, 0.5),
            rules=JOINT,
            limits=(kept,),
        )
    )
    assert reasons(outcome) == {"POD0": "noRequest", "POD1": "partlyNeeded"}


def test_equals_that_come_later_are_not_needed() -> None:
    outcome = clear(
        session(
            offer("POD0", -10, 0.1),
            offer("POD1", -10, 0.1),
            offer("POD2", -10, 0.5),
            ask("a", ["POD0", "POD1", "POD2"], -10, 0.5),
            ask("b", ["POD3"], -10, 0.9),
            rules=JOINT,
        )
    )
    assert reasons(outcome) == {"POD0": None, "POD1": "notNeeded", "POD2": "notNeeded"}


def test_an_offer_is_too_dear_only_for_all_together() -> None:
    """0.6 is above each limit of 0.4, and below both; of a stranger's limit nothing counts."""
    both = ask("a", ["POD0", "POD1"], -10, 0.4), ask("b", ["POD0", "POD1"], -10, 0.4, TSO)
    stranger = ask("c", ["POD2"], -10, 5.0)
    cheap, dear = offer("POD0", -10, 0.1), offer("POD1", -10, 0.6)
    assert reasons(clear(session(cheap, dear, *both, stranger, rules=JOINT))) == {
        "POD0": None,
        "POD1": "notNeeded",
    }
    alone = clear(session(cheap, dear, both[0], stranger, rules=JOINT))
    assert reasons(alone) == {"POD0": None, "POD1": "priceAboveLimit"}
    assert changes(clear(session(dear, *both, rules=JOINT))) == {"POD1": -10}
    assert changes(clear(session(dear, both[0], rules=JOINT))) == {"POD1": 0}


def test_a_direction_that_helps_one_is_not_wrong() -> None:
    outcome = clear(
        session(
            offer("POD0", -10, 0.1),
            offer("POD1", 10, 0.1),
            offer("POD2", -10, 0.2),
            ask("a", ["POD0", "POD1", "POD2"], -5, 0.5),
            ask("b", ["POD2", "POD3"], 5, 0.1, TSO),
            rules=JOINT,
        )
    )
    assert reasons(outcome)["POD1"] == "wrongDirection"
    assert reasons(outcome)["POD2"] == "notNeeded"
