"""Random sessions by merit order: the line of each offer, pro rata, and parts that do not show."""

from collections import defaultdict
from fractions import Fraction

import pytest
from msgspec import structs
from tests.unit.market.market_case import (
    BASELINE_KW,
    ask,
    changes,
    offer,
    reasons,
    session,
    trades,
)
from tests.unit.market.plain_clearing import (
    WATT,
    PlainOffer,
    PlainRequest,
    plain_clear,
    plain_offers,
    plain_requests,
)
from tests.unit.market.random_session import random_session

from platone.market.domain import merit_order, outcome
from platone.market.domain.clearing import clear, clear_to_store
from platone.messages.clearing import ClearingRules, Pricing, Ties
from platone.messages.market import RecordedService, RecordedSession

PRO_RATA = ClearingRules(ties=Ties.PRO_RATA)
Spot = tuple[str, int]


def expected_reason(each: PlainOffer, sold: Fraction, asked: list[PlainRequest]) -> str | None:
    """Why an offer, or the rest of it, was not taken, in words of the market's rules."""
    if sold:
        return None if abs(each.left - sold) < Fraction(1, 10**9) else "partlyNeeded"
    here = [one for one in asked if each.pod in one.group and one.index == each.index]
    if not here:
        return "noRequest"
    same = [one.limit for one in here if one.need * each.left > 0 or (one.need == 0 and each.left)]
    if not same:
        return "wrongDirection"
    return "priceAboveLimit" if each.price > max(same) else "notNeeded"


@pytest.mark.parametrize("hundred", range(3))
def test_each_offers_line_is_told_as_the_rules_say(hundred: int) -> None:
    seen: set[str | None] = set()
    for seed in range(100 * hundred, 100 * hundred + 100):
        recorded = random_session(seed)
        asked = plain_requests(recorded)
        sold: dict[Spot, Fraction] = defaultdict(Fraction)
        for (_, pod, index), (change, _) in plain_clear(recorded).items():
            sold[pod, index] += change
        lines = {
            (pod.pod, index): [power for power in pod.power if power.index == index]
            for pod in clear(recorded).flexibility
            for index in {power.index for power in pod.power}
        }
        baselines = {pod.pod_id: pod.power_baseline for pod in recorded.pods}
        offers = plain_offers(recorded)
        assert lines.keys() == {(each.pod, each.index) for each in offers}, seed
        for each in offers:
            spot = each.pod, each.index
            reason = expected_reason(each, sold[spot], asked)
            assert lines[spot][-1].rejection_type_p == reason, (seed, spot)
            assert all(power.rejection_type_p is None for power in lines[spot][:-1])
            total = Fraction(baselines[each.pod][each.index]) + sold[spot]
            for power in lines[spot]:
                wanted = float(total) if sold[spot] else None
                assert power.accepted_p_value == pytest.approx(wanted, abs=1e-9), (seed, spot)
            seen.add(reason)
    assert len(seen) == 6


@pytest.mark.parametrize("offers_at_once", [1, 7, 30])
@pytest.mark.parametrize("rules", [None, PRO_RATA, ClearingRules(pricing=Pricing.AS_BID)])
def test_offers_that_are_decided_at_once_do_not_show(
    offers_at_once: int, rules: ClearingRules | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions = [structs.replace(random_session(seed), rules=rules) for seed in range(30)]
    whole = [clear_to_store(each).document for each in sessions]
    monkeypatch.setattr(merit_order, "_BLOCK", offers_at_once)
    assert [clear_to_store(each).document for each in sessions] == whole


@pytest.mark.parametrize("lines_at_once", [1, 2, 5, 17])
def test_lines_that_are_written_at_once_do_not_show(
    lines_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions = [random_session(seed) for seed in range(30)]
    whole = [clear_to_store(each).document for each in sessions]
    monkeypatch.setattr(outcome, "_LINES_AT_ONCE", lines_at_once)
    assert [clear_to_store(each).document for each in sessions] == whole


def shared_volumes(recorded: RecordedSession) -> dict[Spot, Fraction]:
    """What each offer sells where equals share: equal requests are one, equal offers cut alike."""
    kinds = {s.player_service_id: s.service_type for s in recorded.flexibility_services}
    merged: dict[object, tuple[PlainRequest, list[Fraction]]] = {}
    for each in plain_requests(recorded):
        key = each.index, each.need > 0, kinds[each.name], each.limit, each.group
        merged.setdefault(key, (each, []))[1].append(abs(each.need))
    offers = plain_offers(recorded)
    given = {(one.pod, one.index): one.left for one in offers}
    for request, needs in merged.values():
        missing = sum(needs, Fraction(0))
        levels: dict[Fraction, list[PlainOffer]] = defaultdict(list)
        for one in offers:
            if request.could_buy(one, one.left) and abs(one.left) >= WATT:
                levels[one.price].append(one)
        for _, equals in sorted(levels.items()):
            there = sum((abs(one.left) for one in equals), Fraction(0))
            share = min(Fraction(1), missing / there)
            if share * there >= WATT:
                missing -= share * there
                for one in equals:
                    one.left -= one.left * share
    return {
        spot: change - left
        for (spot, change), left in zip(given.items(), (each.left for each in offers), strict=True)
    }


def test_equals_share_as_in_fractions() -> None:
    for seed in range(200):
        recorded = structs.replace(random_session(seed), rules=PRO_RATA)
        found: dict[Spot, float] = defaultdict(float)
        for pod in clear(recorded).flexibility:
            for power in pod.power:
                found[pod.pod, power.index] += power.accepted_p_change or 0.0
        expected = {spot: float(kw) for spot, kw in shared_volumes(recorded).items()}
        assert dict(found) == pytest.approx(expected, abs=0.002), seed


def test_a_price_at_the_limit_is_within_it() -> None:
    cleared = clear(
        session(
            offer("POD0", -10, 0.5), offer("POD1", -10, 0.6), ask("a", ["POD0", "POD1"], -30, 0.5)
        )
    )
    assert changes(cleared) == {"POD0": -10, "POD1": 0}
    assert reasons(cleared) == {"POD0": None, "POD1": "priceAboveLimit"}


def test_at_the_limit_what_is_left_is_not_needed() -> None:
    cleared = clear(
        session(
            offer("POD0", -10, 0.4), offer("POD1", -10, 0.5), ask("a", ["POD0", "POD1"], -10, 0.5)
        )
    )
    assert reasons(cleared) == {"POD0": None, "POD1": "notNeeded"}


@pytest.mark.parametrize("rules", [None, PRO_RATA])
def test_a_watt_is_sold_whether_offered_or_needed(rules: ClearingRules | None) -> None:
    """Binary fractions of a kW, so that nothing is rounded: 2^-9 is sold, 2^-10 is not."""
    for kw in (2.0**-9, 2.0**-10):
        offered = clear(session(offer("POD0", -kw, 0.1), ask("a", ["POD0"], -5, 0.5), rules=rules))
        needed = clear(session(offer("POD0", -5, 0.1), ask("a", ["POD0"], -kw, 0.5), rules=rules))
        sold_kw = kw if kw > 0.001 else 0.0
        assert changes(offered) == changes(needed) == {"POD0": -sold_kw}


def test_a_need_without_direction_covers_both() -> None:
    cleared = clear(
        session(
            offer("POD0", -10, 0.1),
            offer("POD1", 10, 0.1),
            offer("POD2", 10, 0.9),
            ask("a", ["POD0", "POD1", "POD2"], 0, 0.5),
        )
    )
    assert reasons(cleared) == {
        "POD0": "notNeeded",
        "POD1": "notNeeded",
        "POD2": "priceAboveLimit",
    }


def test_an_offer_of_several_buyers_names_each() -> None:
    cleared = clear(
        session(
            offer("POD0", -50, 0.1),
            ask("a", ["POD0"], -10, 0.5),
            ask("b", ["POD0"], -15, 0.4),
            ask("c", ["POD0"], -20, 0.3),
        )
    )
    told = [
        (power.request_service_id, power.accepted_p_change, power.accepted_p_value)
        for power in trades(cleared)["POD0"]
    ]
    assert told == [("a", -10, 55), ("b", -15, 55), ("c", -20, 55)]


@pytest.mark.parametrize("rules", [None, PRO_RATA])
def test_a_watt_exactly_is_sold(rules: ClearingRules | None) -> None:
    """From a baseline of nothing, so that the change is the number that is written."""
    for offered_kw, needed_kw in ((0.001, 5.0), (5.0, 0.001)):
        recorded = session(
            offer("POD0", -offered_kw, 0.1),
            ask("a", ["POD0"], -needed_kw, 0.5),
            rules=rules,
        )
        services = [
            from_nothing(each, kw)
            for each, kw in zip(recorded.flexibility_services, (offered_kw, needed_kw), strict=True)
        ]
        pods = [structs.replace(each, power_baseline=[0.0] * 96) for each in recorded.pods]
        turned = structs.replace(recorded, pods=pods, flexibility_services=services)
        assert changes(clear(turned)) == {"POD0": -0.001}


def from_nothing(service: RecordedService, kw: float) -> RecordedService:
    (entry,) = service.flexibility
    power = [structs.replace(entry.power[0], p=-kw)]
    return structs.replace(service, flexibility=[structs.replace(entry, power=power)])


def test_the_last_quarter_hour_of_the_longest_day_is_traded() -> None:
    recorded = session(offer("POD0", -10, 0.1), offer("POD1", 10, 0.1), ask("a", ["POD1"], 5, 0.5))
    last = [
        structs.replace(
            service,
            flexibility=[
                structs.replace(each, power=[structs.replace(each.power[0], index=99)])
                for each in service.flexibility
            ],
        )
        for service in recorded.flexibility_services
    ]
    pods = [structs.replace(each, power_baseline=[BASELINE_KW] * 100) for each in recorded.pods]
    cleared = clear(structs.replace(recorded, pods=pods, flexibility_services=last))
    assert changes(cleared) == {"POD0": 0, "POD1": 5}
    assert {power.index for pod in cleared.flexibility for power in pod.power} == {99}
