"""Joined quarter-hours by hand: what is taken of units, what they would have gained, prices."""

import msgspec
import numpy as np
import pytest
from tests.unit.market.joined_case import EUR, NEAR, joined
from tests.unit.market.linked_case import Case, Part
from tests.unit.market.market_case import grid_limit

from platone.market.domain.asked import AskedRows
from platone.market.domain.linked_orders import ComingBack, Unit
from platone.market.domain.linked_program import Quarter, UnitResult, shifted
from platone.messages.order import OrderTerms, Rebound

WHOLE = OrderTerms(least_share=1.0)


def test_a_block_in_part_costs_all_of_it_where_it_is_needed() -> None:
    """Half of 40 kW in two quarter-hours at 0.1, needed in the first: 0.2 for a kW there."""
    block = OrderTerms(block="b")
    case = Case({0: 20.0, 1: 10.0}, 0.5, [[Part("A", {0: 40.0, 1: 40.0}, 0.1, block)]])
    told, units, volumes = joined(case.session(), [0, 1])
    assert volumes == {0: {"A": 20.0}, 1: {"A": 20.0}}
    assert told[0].shadow.tolist() == pytest.approx([0.2], abs=1e-6)
    assert told[1].shadow.tolist() == [0.0]
    assert units["b"].share == pytest.approx(0.5)
    assert units["b"].gain == pytest.approx(0.0, abs=NEAR)
    assert not units["b"].is_spent
    assert told[0].unserved is not None
    assert told[0].unserved.tolist() == [False]


def test_a_unit_that_is_too_much_would_have_gained_at_the_price() -> None:
    """50 kW at 0.05 for 20 at 0.1: not taken, though at 0.1 all of it would have gained 2.50."""
    case = Case({0: 20.0}, 0.1, [[Part("A", {0: 50.0}, 0.05, WHOLE)]])
    told, units, volumes = joined(case.session(), [0])
    assert (volumes, units["0.0"].share) == ({0: {"A": 0.0}}, 0.0)
    assert told[0].shadow.tolist() == [0.1]
    assert units["0.0"].gain == pytest.approx(2.5 * EUR, abs=NEAR)


def test_plain_offers_stand_beside_units() -> None:
    """40 kW whole at 0.05, 10 of 30 at 0.2, which sets the price; 0.3 is not needed."""
    offers = [
        [Part("A", {0: 40.0}, 0.05, WHOLE)],
        [Part("B", {0: 30.0}, 0.2)],
        [Part("C", {0: 30.0}, 0.3)],
    ]
    told, units, volumes = joined(Case({0: 50.0}, 0.5, offers).session(), [0])
    assert volumes == {0: {"A": 40.0, "B": 10.0, "C": 0.0}}
    assert told[0].shadow.tolist() == [0.2]
    assert units["0.0"].gain == pytest.approx(40 * 0.15 * EUR, abs=NEAR)


@pytest.mark.parametrize(("share", "taken"), [(0.5, 20.0), (0.51, 0.0)])
def test_a_least_share_is_kept(share: float, taken: float) -> None:
    """Of 40 kW 20 are needed, worth 0.1: what is taken beyond would cost what it brings."""
    terms = OrderTerms(least_share=share)
    case = Case({0: 20.0}, 0.1, [[Part("A", {0: 40.0}, 0.099, terms)]])
    _, units, volumes = joined(case.session(), [0])
    assert volumes[0]["A"] == taken
    assert units["0.0"].share == pytest.approx(taken / 40)


def test_of_a_choice_one_option_is_taken_and_more_of_it() -> None:
    """The entry is one option in both quarter-hours; the cheaper block gives less."""
    entry, block = OrderTerms(option_of="x"), OrderTerms(option_of="x", block="b")
    parts = [Part("A", {0: 30.0, 1: 30.0}, 0.1, entry), Part("A", {0: 10.0}, 0.02, block)]
    _, units, volumes = joined(Case({0: 30.0, 1: 20.0}, 0.5, [parts]).session(), [0, 1])
    shares = {name: round(each.share, 9) for name, each in units.items()}
    assert shares == {"0.0": 1.0, "0.1": round(2 / 3, 9), "b": 0.0}
    assert volumes[1] == {"A": 20.0}


@pytest.mark.parametrize(
    ("most_kwh", "spent"), [(10.0, True), (10.000_9, True), (10.001_5, False), (12.0, False)]
)
def test_energy_is_used_up_where_a_watt_hour_is_left(most_kwh: float, *, spent: bool) -> None:
    """40 kW for a quarter-hour are 10 kWh; in the other one somebody else is cheaper."""
    terms = OrderTerms(most_energy_kwh=most_kwh)
    offers = [[Part("A", {0: 40.0, 1: 40.0}, 0.1, terms)], [Part("B", {0: 40.0}, 0.05)]]
    _, units, volumes = joined(Case({0: 40.0, 1: 40.0}, 0.5, offers).session(), [0, 1])
    assert volumes == {0: {"A": 0.0, "B": 40.0}, 1: {"A": 40.0}}
    assert {name: each.is_spent for name, each in units.items()} == {"0.0": spent, "0.1": spent}


def test_energy_is_spent_where_it_saves_most() -> None:
    """10 kWh do for one of the two: where nobody else offers; elsewhere it would gain 0.1 a kW."""
    terms = OrderTerms(most_energy_kwh=10.0)
    offers = [[Part("A", {0: 40.0, 1: 40.0}, 0.1, terms)], [Part("B", {0: 50.0}, 0.2)]]
    told, units, volumes = joined(Case({0: 40.0, 1: 40.0}, 0.5, offers).session(), [0, 1])
    assert volumes == {0: {"A": 0.0, "B": 40.0}, 1: {"A": 40.0}}
    assert units["0.0"].gain == pytest.approx(40 * 0.1 * EUR, abs=NEAR)
    assert units["0.0"].is_spent
    assert told[0].shadow.tolist() == [0.2]


def test_what_comes_back_is_bought_back() -> None:
    """All of 40 kW at 0.1, and half of it comes back two later, where a kW costs 0.2."""
    terms = OrderTerms(rebound=Rebound(after=2, share=0.5))
    offers = [[Part("A", {0: 40.0}, 0.1, terms)], [Part("B", {2: 50.0}, 0.2)]]
    told, units, volumes = joined(Case({0: 60.0, 2: 10.0}, 0.5, offers).session(), [0, 2])
    assert volumes == {0: {"A": 40.0}, 2: {"B": 30.0}}
    assert told[2].shadow.tolist() == [0.2]
    # 40 at 0.5, less the offer's 4 and the 20 that are bought back at 0.2
    assert units["0.0"].gain == pytest.approx((20 - 4 - 4) * EUR, abs=NEAR)


def test_crumbs_are_not_sold_and_set_no_price() -> None:
    """Half a watt is left for the dear offer: it is not asked, nor half a grain beside it."""
    offers = [
        [Part("A", {0: 10.0}, 0.01)],
        [Part("B", {0: 10.0}, 0.2)],
        [Part("C", {0: 10.0}, 0.4, OrderTerms(most_energy_kwh=1.0))],
    ]
    told, units, volumes = joined(Case({0: 10.000_5}, 0.5, offers).session(), [0])
    assert volumes == {0: {"A": 10.0, "B": 0.0, "C": 0.0}}
    assert told[0].shadow.tolist() == [0.01]
    assert units["0.0"].share == 0.0


def test_a_crumb_in_one_quarter_hour_leaves_the_others_as_they_are() -> None:
    """The block joins both; in the second nothing is a crumb, and prices are those of the need."""
    offers = [
        [Part("A", {0: 10.0, 1: 10.0}, 0.01)],
        [Part("B", {0: 10.0, 1: 10.0}, 0.2)],
        [Part("C", {0: 1.0, 1: 1.0}, 0.45, OrderTerms(block="b"))],
    ]
    told, _, volumes = joined(Case({0: 10.000_5, 1: 15.0}, 0.5, offers).session(), [0, 1])
    assert volumes == {0: {"A": 10.0, "B": 0.0, "C": 0.0}, 1: {"A": 10.0, "B": 5.0, "C": 0.0}}
    assert [told[index].shadow.tolist() for index in (0, 1)] == [[0.01], [0.2]]


@pytest.mark.parametrize("sign", [1, -1])
def test_relief_that_is_not_to_be_had_costs_its_price(sign: int) -> None:
    """5 of relief are needed, 4 are offered: whichever way the element's flow is counted."""
    case = Case({1: 0.0}, 0.5, [[Part("A", {0: 4.0}, 0.1, OrderTerms(least_share=0.5))]])
    bound = {"most": -5.0} if sign > 0 else {"least": 5.0}
    limit = grid_limit("line/1", {"A": float(sign)}, price=0.3, **bound)
    told, units, volumes = joined(case.session(), [0], [limit])
    assert volumes == {0: {"A": 4.0}}
    assert told[0].shadow.tolist() == [-0.3 if sign > 0 else 0.3]
    assert units["0.0"].gain == pytest.approx(4 * 0.2 * EUR, abs=NEAR)


def test_a_limit_without_a_price_holds() -> None:
    """Of 40 kW that are asked the element takes 10, whose worth is what is lost."""
    case = Case({0: 40.0}, 0.5, [[Part("A", {0: 40.0}, 0.1, OrderTerms(block="b"))]])
    limit = grid_limit("line/1", {"A": -1.0}, most=10.0)
    told, units, volumes = joined(case.session(), [0], [limit])
    assert volumes == {0: {"A": 10.0}}
    assert told[0].shadow.tolist() == pytest.approx([0.5, -0.4], abs=1e-6)
    assert units["b"].gain == pytest.approx(0.0, abs=NEAR)


@pytest.mark.parametrize(("offered_kw", "is_met"), [(10.0, False), (20.0, True)])
def test_who_is_not_met_buys_nothing_and_pays_nothing(offered_kw: float, *, is_met: bool) -> None:
    made = Case({0: 20.0}, 0.5, [[Part("A", {0: offered_kw}, 0.1)]]).session()
    request, *offers = made.flexibility_services
    entry = msgspec.structs.replace(request.flexibility[0], order=WHOLE)
    request = msgspec.structs.replace(request, flexibility=[entry])
    made = msgspec.structs.replace(made, flexibility_services=[request, *offers])
    told, _, volumes = joined(made, [0])
    assert volumes == {0: {"A": offered_kw if is_met else 0.0}}
    assert told[0].unserved is not None
    assert told[0].unserved.tolist() == [not is_met]
    if not is_met:
        assert told[0].shadow.tolist() == [0.0]


def test_what_comes_back_is_asked_of_the_others() -> None:
    """Of a half 4 kW come back at the second point, and 1 at the first: asked beside the rest."""

    def quarter(index: int) -> Quarter:
        rows = AskedRows(
            buyers=[0, 1],
            worth=np.ones(2),
            spare=np.ones(2),
            per_pod=np.array([[-1.0, -1.0], [0.0, 0.5]]),
            effect=np.zeros((2, 0)),
            least=np.array([10.0, -np.inf]),
            most=np.array([np.inf, 3.0]),
        )
        return Quarter(index, 0, np.array([], dtype=np.intp), rows)

    back = [ComingBack(1, 5, 8.0), ComingBack(0, 5, 2.0), ComingBack(0, 9, 2.0)]
    results = [
        UnitResult(Unit("u", [0], 0.0, None, 0, back), 0.5, 0.0, is_spent=False),
        UnitResult(Unit("v", [1], 0.0, None, 0, back[:1]), 0.0, 0.0, is_spent=False),
    ]
    first, second = shifted([quarter(4), quarter(5)], results)
    assert (first.index, second.index) == (4, 5)
    assert (first.asked.least[0], first.asked.most[1]) == (10.0, 3.0)
    assert (second.asked.least[0], second.asked.most[1]) == (15.0, 1.0)
