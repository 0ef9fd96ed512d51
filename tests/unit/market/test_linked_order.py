"""Linked orders against all that could be taken instead, and each rule by a small example."""

import itertools
import random
from collections.abc import Sequence

import msgspec
import pytest
from tests.unit.market.linked_case import SHARES, Case, Part, bid_of, outcome_cost
from tests.unit.market.market_case import BASELINE_KW

from platone.market.domain.clearing import clear
from platone.market.domain.mixed_program import GAP
from platone.market.domain.problem.outcome import RecordingInvalid
from platone.market.domain.recording_check import check_recording
from platone.messages.clearing import ClearingRules
from platone.messages.order import OrderTerms, Rebound
from platone.messages.outcome import MarketOutcome

EUR = 1e-6
"""Cost by which a sum of rounded volumes may differ, EUR/h."""


def taken(outcome: MarketOutcome) -> dict[tuple[str, int], float]:
    """The kW of reduction by PoD and quarter-hour; negative where it comes back."""
    found: dict[tuple[str, int], float] = {}
    for pod in outcome.flexibility:
        for power in pod.power:
            if power.accepted_p_change is not None:
                spot = pod.pod, power.index
                found[spot] = found.get(spot, 0.0) - power.accepted_p_change
    return found


def reasons(outcome: MarketOutcome) -> dict[tuple[str, str], str | None]:
    """Why each offer was not taken, by PoD and offer."""
    return {
        (pod.pod, power.player_service_id): power.rejection_type_p
        for pod in outcome.flexibility
        for power in pod.power
        if power.accepted_p_change is None
    }


def block(name: str = "b", share: float | None = 1.0, of: str | None = None) -> OrderTerms:
    return OrderTerms(block=name, least_share=share, option_of=of)


def test_a_block_is_taken_in_one_share_over_its_quarter_hours() -> None:
    case = Case(
        {0: 20.0, 1: 10.0}, 0.5, [[Part("POD-A", {0: 40.0, 1: 40.0}, 0.1, block(share=None))]]
    )
    outcome = clear(case.session())
    assert taken(outcome) == {("POD-A", 0): 20.0, ("POD-A", 1): 20.0}
    assert {power.linked for power in outcome.flexibility[0].power} == {"b"}
    assert {power.request_service_id for power in outcome.flexibility[0].power} == {"ask"}


def test_an_indivisible_offer_is_taken_whole_or_says_why_not() -> None:
    whole = OrderTerms(least_share=1.0)
    dear = Case({0: 20.0}, 0.1, [[Part("POD-A", {0: 50.0}, 0.05, whole)]])
    outcome = clear(dear.session())  # 2.50 for what is worth 2.00
    assert taken(outcome) == {}
    assert reasons(outcome) == {("POD-A", "offer-0"): "blockDidNotFit"}
    cheap = Case({0: 40.0}, 0.1, [[Part("POD-A", {0: 50.0}, 0.05, whole)]])
    assert taken(clear(cheap.session())) == {("POD-A", 0): 50.0}


def test_of_options_one_is_taken_at_most_and_the_other_says_so() -> None:
    options = [
        Part("POD-A", {0: 30.0}, 0.1, OrderTerms(option_of="x")),
        Part("POD-A", {0: 20.0}, 0.02, OrderTerms(option_of="x")),
    ]
    outcome = clear(Case({0: 50.0}, 0.5, [options]).session())
    assert taken(outcome) == {("POD-A", 0): 30.0}
    assert [power.rejection_type_p for power in outcome.flexibility[0].power] == [
        "alternativeTaken",
        None,
    ]


def test_energy_is_bounded_over_quarter_hours() -> None:
    """10 kWh are 40 kW in one quarter-hour; where nothing else is left it says so."""
    terms = OrderTerms(most_energy_kwh=10.0)
    offers = [
        [Part("POD-A", {0: 40.0, 1: 40.0}, 0.1, terms)],
        [Part("POD-B", {0: 40.0}, 0.2)],
    ]
    outcome = clear(Case({0: 40.0, 1: 40.0}, 0.5, offers).session())
    assert taken(outcome) == {("POD-B", 0): 40.0, ("POD-A", 1): 40.0}
    assert reasons(outcome) == {("POD-A", "offer-0"): "energyUsedUp"}


def test_what_comes_back_is_told_counted_and_paid_nothing() -> None:
    terms = OrderTerms(rebound=Rebound(after=2, share=0.5))
    offers = [[Part("POD-A", {0: 40.0}, 0.1, terms)], [Part("POD-B", {2: 50.0}, 0.2)]]
    outcome = clear(Case({0: 40.0, 2: 10.0}, 0.5, offers).session())
    assert taken(outcome) == {("POD-A", 0): 40.0, ("POD-A", 2): -20.0, ("POD-B", 2): 30.0}
    back = outcome.flexibility[0].power[-1]
    assert (back.index, back.accepted_p_price, back.linked) == (2, 0.0, "0.0")
    assert back.accepted_p_value == BASELINE_KW + 20.0


def test_a_group_of_points_of_delivery_is_one_block() -> None:
    """Each alone would do for the need; together they are more than it is worth."""
    parts = [Part("POD-A", {0: 30.0}, 0.1, block()), Part("POD-B", {0: 30.0}, 0.1, block())]
    assert taken(clear(Case({0: 30.0}, 0.15, [parts]).session())) == {}
    both = clear(Case({0: 50.0}, 0.15, [parts]).session())
    assert taken(both) == {("POD-A", 0): 30.0, ("POD-B", 0): 30.0}


def _indivisible(rng: random.Random) -> Case:
    """Blocks of all or nothing, options and rebounds beside plain offers."""
    indices = (0, 1, 2)
    offers: list[Sequence[Part]] = []
    for number in range(rng.randint(1, 3)):
        pod = f"POD-L{number}"
        choice = rng.choice([None, "x"])
        parts = []
        for name in "ab"[: rng.randint(1, 2)]:
            rebound = Rebound(after=3, share=0.5) if rng.random() < 0.4 else None
            terms = OrderTerms(
                block=name,
                least_share=1.0,
                option_of=choice or f"only-{name}",
                rebound=rebound,
            )
            kw = {index: float(rng.choice([10, 20, 30])) for index in indices if rng.random() < 0.7}
            place = pod if choice else f"{pod}{name}"
            parts.append(Part(place, kw or {0: 20.0}, rng.randint(1, 30) / 100, terms))
        offers.append(parts)
    for number in range(rng.randint(0, 2)):
        kw = dict.fromkeys(range(5), 20.0)
        offers.append([Part(f"POD-S{number}", kw, rng.randint(1, 40) / 100)])
    needs = {index: float(rng.choice([0, 20, 40, 60])) + 0.5 for index in range(5)}
    return Case(needs, 0.35, offers)


def _least_by_hand(case: Case) -> float:
    """Every subset of the blocks; for what is left, plain offers by price, exactly."""
    linked = [offer for offer in case.offers if offer[0].terms is not None]
    plain = [offer[0] for offer in case.offers if offer[0].terms is None]
    blocks = [(number, part) for number, offer in enumerate(linked) for part in offer]
    best = float("inf")
    for chosen in itertools.product((False, True), repeat=len(blocks)):
        used = [each for each, is_used in zip(blocks, chosen, strict=True) if is_used]
        keys = [(number, part.terms.option_of) for number, part in used if part.terms]
        if len(set(keys)) < len(keys):
            continue
        cost = sum(kw * part.price for _, part in used for kw in part.kw.values())
        left = dict(case.needs)
        for _, part in used:
            for index, kw in part.kw.items():
                left[index] = left.get(index, 0.0) - kw
                if part.terms is not None and part.terms.rebound is not None:
                    left[index + 3] = left.get(index + 3, 0.0) + kw * part.terms.rebound.share
        for index in case.needs:
            need = max(0.0, left[index])
            for part in sorted(plain, key=lambda part: part.price):
                if part.price < case.limit and index in part.kw:
                    volume = min(need, part.kw[index])
                    cost, need = cost + volume * part.price, need - volume
            cost += need * case.limit
        best = min(best, cost)
    return best


@pytest.mark.parametrize("seed", range(60))
def test_blocks_cost_no_more_than_any_subset_of_them(seed: int) -> None:
    case = _indivisible(random.Random(seed))  # noqa: S311
    check_recording(case.session())
    found = outcome_cost(case, clear(case.session()))
    least = _least_by_hand(case)
    assert least - EUR <= found <= least * (1 + GAP) + EUR


def _divisible(rng: random.Random) -> Case:
    """A block that can be taken in part, least shares, bounds of energy, and a plain offer."""
    terms = [
        OrderTerms(block="b", least_share=rng.choice([None, 0.3, 0.6])),
        OrderTerms(least_share=rng.choice([0.2, 0.5]), option_of=rng.choice([None, "x"])),
        OrderTerms(most_energy_kwh=rng.choice([5.0, 10.0])),
    ]
    offers = [
        [Part(f"POD-{number}", {0: 20.0, 1: 40.0}, rng.randint(1, 30) / 100, each)]
        for number, each in enumerate(terms)
    ]
    return Case({0: rng.choice([10.0, 30.0]), 1: rng.choice([20.0, 50.0])}, 0.4, offers)


@pytest.mark.parametrize("seed", range(25))
def test_no_way_to_take_offers_in_tenths_is_cheaper(seed: int) -> None:
    case = _divisible(random.Random(seed))  # noqa: S311
    check_recording(case.session())
    outcome = clear(case.session())
    found = outcome_cost(case, outcome)
    assert found <= min(case.ways(SHARES)) * (1 + GAP) + EUR
    _keeps_terms(case, outcome)


def _keeps_terms(case: Case, outcome: MarketOutcome) -> None:
    """What is taken keeps every term: shares, and energy."""
    kw = taken(outcome)
    for number, (part,) in enumerate(case.offers):
        terms = part.terms or OrderTerms()
        shares = [kw.get((part.pod, index), 0.0) / most for index, most in part.kw.items()]
        least = terms.least_share or 0.0
        assert all(share == 0 or share >= least - 1e-6 for share in shares), number
        if terms.block is not None:
            assert shares[0] == pytest.approx(shares[1], abs=1e-6)
        if terms.most_energy_kwh is not None:
            assert sum(kw.get((part.pod, index), 0.0) for index in part.kw) / 4 <= (
                terms.most_energy_kwh + 1e-6
            )


@pytest.mark.parametrize("seed", range(20))
def test_the_same_bytes_whatever_the_order_of_the_lists(seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311
    session = _indivisible(rng).session()
    expected = clear(session)
    for _ in range(3):
        rng.shuffle(session.flexibility_services)
        rng.shuffle(session.pods)
        assert clear(session) == expected


def test_nobody_is_paid_less_than_asked() -> None:
    for seed in range(40):
        case = _indivisible(random.Random(seed))  # noqa: S311
        for pod in clear(case.session()).flexibility:
            for power in pod.power:
                if power.accepted_p_change is not None:
                    assert (power.accepted_p_price or 0.0) >= bid_of(case, pod.pod, power) - 1e-9


def test_linked_orders_are_for_least_cost() -> None:
    session = Case({0: 1.0}, 0.1, [[Part("POD-A", {0: 1.0}, 0.1)]]).session()
    with pytest.raises(RecordingInvalid):
        clear(msgspec.structs.replace(session, rules=ClearingRules(linked_orders=True)))
