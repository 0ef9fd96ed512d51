"""Joined quarter-hours at their edges: small rooms, harm by others, durations, spent energy."""

from dataclasses import replace

import pytest
from msgspec import structs
from tests.unit.market.joined_case import EUR, NEAR, joined
from tests.unit.market.linked_case import RULES, Case, Part
from tests.unit.market.market_case import TSO, ask, grid_limit, offer, session

from platone.market.domain.clearing import clear
from platone.messages.clearing import ClearingRules, Method, Product
from platone.messages.market import RecordedService
from platone.messages.order import OrderTerms

WHOLE = OrderTerms(least_share=1.0)
BLOCK = OrderTerms(block="b")


def with_terms(service: RecordedService, terms: OrderTerms) -> RecordedService:
    entries = [structs.replace(each, order=terms) for each in service.flexibility]
    return structs.replace(service, flexibility=entries)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("room_kw", [0.000_5, 0.000_999])
def test_room_of_less_than_a_watt_is_no_room(room_kw: float, sign: int) -> None:
    """What would be sold is a crumb; that nobody sells anything keeps the limit, and is told."""
    offers = [[Part("A", {0: 40.0}, 0.1)], [Part("C", {0: 1.0}, 0.45, BLOCK)]]
    bound = {"most": room_kw} if sign > 0 else {"least": -room_kw}
    limit = grid_limit("line/1", {"A": -float(sign)}, **bound)
    _, _, volumes = joined(Case({0: 40.0}, 0.5, offers).session(), [0], [limit])
    assert volumes == {0: {"A": 0.0, "C": 1.0}}


@pytest.mark.parametrize("sign", [1, -1])
def test_a_session_is_cleared_where_a_limit_leaves_half_a_watt(sign: int) -> None:
    bound = {"most": 0.000_5} if sign > 0 else {"least": -0.000_5}
    limit = grid_limit("line/1", {"POD-A": -float(sign)}, **bound)
    services = (
        ask("r", ["POD-A", "POD-B"], -40.0, 0.5),
        offer("POD-A", -40.0, 0.1),
        offer("POD-B", -10.0, 0.2),
    )
    rules = ClearingRules(method=Method.LEAST_COST)
    outcome = clear(session(*services, rules=rules, limits=(limit,)))
    sold = {
        part.pod: sum(power.accepted_p_change or 0.0 for power in part.power)
        for part in outcome.flexibility
    }
    assert sold == {"POD-A": 0.0, "POD-B": -10.0}


def test_harm_by_a_crumb_that_is_not_sold_asks_for_no_more_relief() -> None:
    """5 of relief, of which 4 are offered; half a watt of harm would be sold, and is not."""
    services = (
        offer("A", -4.0, 0.1),
        offer("B", 0.000_5, 0.01),
        with_terms(offer("C", -1.0, 0.9), WHOLE),
        ask("r", ["B"], 0.000_5, 0.5, TSO),
    )
    limit = grid_limit("line/1", {"A": 1.0, "B": 1.0}, most=-5.0, price=0.3)
    _, _, volumes = joined(session(*services), [0], [limit])
    assert volumes == {0: {"A": 4.0, "B": 0.0, "C": 0.0}}


@pytest.mark.parametrize("need_kw", [20.0, 0.4])
def test_who_is_not_met_buys_nothing_against_what_others_do(need_kw: float) -> None:
    """Half of all or nothing is offered, while the TSO buys 15 kW of the other side at 1.5.

    Each kW of those costs the DSO its limit of 0.5: the price is 0.6, and nothing is bought that
    would make up for it, though it costs 0.1.
    """
    services = (
        with_terms(ask("r", ["A", "B", "D"], -need_kw, 0.5), WHOLE),
        ask("other", ["B"], 15.0, 1.5, TSO),
        offer("A", -need_kw / 2, 0.1),
        with_terms(offer("B", 20.0, 0.1), BLOCK),
        with_terms(offer("D", -0.15, 0.2), WHOLE),
    )
    told, units, volumes = joined(session(*services), [0])
    assert volumes == {0: {"A": 0.0, "B": 15.0, "D": 0.0}}
    assert told[0].unserved is not None
    assert told[0].unserved.tolist() == [True, False]
    assert told[0].shadow.tolist() == pytest.approx([0.0, 0.6], abs=1e-6)
    assert units["b"].gain == pytest.approx(0.0, abs=NEAR)


def test_harm_that_is_worth_less_than_the_limit_is_not_bought() -> None:
    """A kW the other way is worth 0.55 to the TSO, costs 0.1, and 0.5 to who goes without."""
    services = (
        with_terms(ask("r", ["A", "B"], -20.0, 0.5), WHOLE),
        ask("other", ["B"], 15.0, 0.55, TSO),
        offer("A", -10.0, 0.1),
        offer("B", 15.0, 0.1),
    )
    _, _, volumes = joined(session(*services), [0])
    assert volumes == {0: {"A": 0.0, "B": 0.0}}


@pytest.mark.parametrize("sign", [1, -1])
def test_small_relief_that_is_not_to_be_had_costs_its_price(sign: int) -> None:
    """0.5 of relief are needed, 0.4 offered: the rest is missing, and the clearing stands."""
    case = Case({1: 0.0}, 0.5, [[Part("A", {0: 0.4}, 0.1, OrderTerms(least_share=0.5))]])
    bound = {"most": -0.5} if sign > 0 else {"least": 0.5}
    limit = grid_limit("line/1", {"A": float(sign)}, price=0.3, **bound)
    told, _, volumes = joined(case.session(), [0], [limit])
    assert volumes[0]["A"] == pytest.approx(0.4)
    assert told[0].shadow.tolist() == [-0.3 if sign > 0 else 0.3]


def test_a_unit_where_nothing_is_asked_would_lose_its_price() -> None:
    """10 kW at 0.1 for which nobody asks; the places in the order add a tenth of a step."""
    offers = [[Part("A", {0: 10.0, 1: 10.0}, 0.1, OrderTerms(most_energy_kwh=9.0))]]
    _, units, volumes = joined(Case({0: 10.0}, 0.5, offers).session(), [0, 1])
    assert volumes == {0: {"A": 10.0}, 1: {"A": 0.0}}
    assert units["0.1"].gain == pytest.approx(-1.0 * EUR, abs=0.5)


def test_a_block_is_spent_where_the_energy_of_one_of_its_entries_is() -> None:
    """Half of the block uses up the 2.5 kWh that A may move; B's entry has no bound."""
    bounded = replace(Part("A", {0: 20.0}, 0.1), terms=OrderTerms(block="b", most_energy_kwh=2.5))
    offers = [[bounded, Part("B", {0: 20.0}, 0.1, BLOCK)]]
    _, units, volumes = joined(Case({0: 40.0}, 0.5, offers).session(), [0])
    assert volumes == {0: {"A": pytest.approx(10.0), "B": pytest.approx(10.0)}}
    assert units["b"].is_spent


def test_a_watt_hour_that_is_left_whole_is_not_used_up() -> None:
    terms = OrderTerms(most_energy_kwh=0.001)
    offers = [[Part("A", {0: 40.0}, 0.4, terms)], [Part("B", {0: 40.0}, 0.05)]]
    _, units, volumes = joined(Case({0: 40.0}, 0.5, offers).session(), [0])
    assert volumes == {0: {"A": 0.0, "B": 40.0}}
    assert not units["0.0"].is_spent


@pytest.mark.parametrize(
    ("product", "taken"),
    [
        (Product(), {0: 10.0, 1: 0.0}),  # in the second nobody needs it
        (Product(most_quarter_hours=1), {0: 10.0, 1: 0.0}),
        (Product(least_quarter_hours=2), {0: 10.0, 1: 0.1}),  # goes on, by the least volume
    ],
)
def test_an_activation_goes_on_as_long_as_the_product_says(
    product: Product, taken: dict[int, float]
) -> None:
    offers = [[Part("A", {0: 10.0, 1: 10.0}, 0.1)]]
    case = Case({0: 10.0}, 0.5, offers)
    _, _, volumes = joined(case.session(), [0, 1], product=product)
    assert {index: each["A"] for index, each in volumes.items()} == pytest.approx(taken, abs=1e-5)


def test_an_activation_ends_when_the_product_says() -> None:
    """Needed twice and offered twice, it is taken where it is worth most: 12 kW at 0.4 each."""
    case = Case({0: 10.0, 1: 12.0}, 0.5, [[Part("A", {0: 10.0, 1: 12.0}, 0.1)]])
    _, _, both = joined(case.session(), [0, 1])
    assert both == {0: {"A": 10.0}, 1: {"A": 12.0}}
    _, _, one = joined(case.session(), [0, 1], product=Product(most_quarter_hours=1))
    assert one == {0: {"A": 0.0}, 1: {"A": 12.0}}


def test_shadow_prices_stand_in_the_order_of_time() -> None:
    """The first and the third quarter-hour are decided together, the second by itself."""
    block = [Part("POD-A", {0: 10.0, 2: 10.0}, 0.1, BLOCK)]
    case = Case({0: 5.0, 1: 5.0, 2: 5.0}, 0.5, [block, [Part("POD-B", {1: 9.0}, 0.2)]])
    assert [each.index for each in clear(case.session()).shadow_prices] == [0, 1, 2]


@pytest.mark.parametrize(
    ("price", "reason"), [(0.5, "requestNotMet"), (0.500_001, "priceAboveLimit")]
)
def test_an_offer_at_the_limit_waited_for_the_request(price: float, reason: str) -> None:
    """All or nothing of 20 kW at 0.5, of which 10 are offered."""
    services = (
        with_terms(ask("r", ["POD-A"], -20.0, 0.5), WHOLE),
        offer("POD-A", -10.0, price),
    )
    outcome = clear(session(*services, rules=RULES))
    assert [power.rejection_type_p for power in outcome.flexibility[0].power] == [reason]


def test_beside_a_crumb_all_of_an_offer_is_sold_to_its_last_digit() -> None:
    """10 kW and half a watt are needed: the second offer would sell the half, and sells nothing."""
    services = (
        ask("r", ["POD-A", "POD-B"], -10.000_5, 0.5),
        offer("POD-A", -10.0, 0.01),
        offer("POD-B", -10.0, 0.2),
    )
    outcome = clear(session(*services, rules=ClearingRules(method=Method.LEAST_COST)))
    sold = {part.pod: part.power[0].accepted_p_change for part in outcome.flexibility}
    assert sold == {"POD-A": -10.0, "POD-B": None}
    assert [each.price for each in outcome.shadow_prices] == [0.01]
