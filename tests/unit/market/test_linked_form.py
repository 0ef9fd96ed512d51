"""Linked offers as units, and the telling of their fate: each field by hand."""

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np
from tests.unit.market.book_case import book_of, table_of
from tests.unit.market.market_case import ask, session

from platone.market.domain.asked import AskedRows, Solved
from platone.market.domain.decision import (
    ALTERNATIVE_TAKEN,
    BLOCK_DID_NOT_FIT,
    ENERGY_USED_UP,
    GRID_LIMIT,
    NOT_NEEDED,
)
from platone.market.domain.link_name import LinkNames
from platone.market.domain.linked_activation import Activation
from platone.market.domain.linked_orders import (
    UNLINKED,
    ComingBack,
    EnergyBound,
    LinkedOrders,
    Unit,
    link_orders,
)
from platone.market.domain.linked_outcome import (
    LinkedTrades,
    explain_durations,
    payer_of,
    tell_links,
)
from platone.market.domain.linked_program import Quarter, UnitResult
from platone.market.domain.offer_book import book_offers
from platone.market.domain.order_book import list_asks, tabulate
from platone.messages.clearing import Product
from platone.messages.market import Flexibility, PowerPoint, RecordedService, ServiceType
from platone.messages.order import OrderTerms, Rebound
from platone.messages.outcome import AcceptedPower, PodOutcome

INF = float("inf")


def entry(pod: str, kw: Mapping[int, float], terms: OrderTerms | None = None) -> Flexibility:
    """An entry of reductions by quarter-hour."""
    power = [PowerPoint(index=index, p=100.0 - each, p_price=0.1) for index, each in kw.items()]
    return Flexibility(pod=[pod], power=power, order=terms)


def offered(number: int, *entries: Flexibility) -> RecordedService:
    return RecordedService(
        player_id="AGG",
        service_type=ServiceType.OFFER,
        player_service_id=f"offer-{number}",
        flexibility=list(entries),
    )


def linked(
    *services: RecordedService, product: Product | None = None, end: int = 11
) -> LinkedOrders:
    made = session(*services)
    table = tabulate(made.pods)
    asks = list_asks(made, table)
    return link_orders(book_offers(made, table), asks, table, end, product or Product())


def test_units_are_blocks_or_quarter_hours_with_their_terms() -> None:
    """The book has each offer's rows by PoD: P0 before P1, whatever the order in the message."""
    block = OrderTerms(
        block="b", least_share=0.5, option_of="x", rebound=Rebound(after=2, share=0.5)
    )
    option = OrderTerms(option_of="x", most_energy_kwh=10.0)
    single = OrderTerms(least_share=0.25, option_of="x", rebound=Rebound(after=5, share=1.0))
    energy = OrderTerms(most_energy_kwh=3.0)
    found = linked(
        offered(
            0,
            entry("P1", {0: 10.0, 1: 20.0}, block),
            entry("P0", {0: 5.0}, option),
            entry("P0", {3: 6.0}),
        ),
        offered(1, entry("P2", {5: 8.0, 6: 9.0}, single), entry("P1", {8: 1.0, 10: 2.0}, energy)),
        offered(2, entry("P0", {20: 4.0}, OrderTerms(block="b"))),
    )
    back = [ComingBack(1, 2, 5.0), ComingBack(1, 3, 10.0)]
    assert list(found.units) == [
        Unit("1.0", [0], 0.0, (0, "x"), 1),
        Unit("b", [2, 3], 0.5, (0, "x"), "b", back, is_block=True),
        Unit("1.8", [4], 0.0, None, 1),
        Unit("1.10", [5], 0.0, None, 1),
        Unit("0.5", [6], 0.25, (1, "x"), 0, [ComingBack(2, 10, 8.0)]),
        Unit("0.6", [7], 0.25, (1, "x"), 0),  # what comes back after the last quarter-hour
        Unit("b", [8], 0.0, None, "b", is_block=True),
    ]
    assert list(found.bounds) == [EnergyBound((0,), 10.0), EnergyBound((4, 5), 3.0)]
    first, second = (0, 1, 2, 3), (5, 6, 8, 10)
    assert found.joined == {
        **dict.fromkeys(first, first),
        **dict.fromkeys(second, second),
        20: (20,),
    }
    assert (found.activations, found.demands) == ([], [])


def test_what_comes_back_of_the_last_but_one_counts() -> None:
    terms = OrderTerms(rebound=Rebound(after=2, share=0.5))
    for end, back in ((3, [ComingBack(0, 2, 5.0)]), (2, [])):
        (unit,) = linked(offered(0, entry("P0", {0: 10.0}, terms)), end=end).units
        assert unit.back == back


def test_joined_quarter_hours_are_told_in_order() -> None:
    """Of 1 and 64 a set has the latter first."""
    terms = OrderTerms(most_energy_kwh=3.0)
    found = linked(offered(0, entry("P0", {64: 10.0, 1: 10.0}, terms)))
    assert found.joined == dict.fromkeys((1, 64), (1, 64))


def test_durations_and_requests_join_quarter_hours() -> None:
    plain = offered(0, entry("P0", dict.fromkeys((0, 1, 2, 7), 10.0)))
    assert linked(plain) == LinkedOrders([], [], {}, [], [])
    lasting = linked(plain, product=Product(least_quarter_hours=2))
    assert lasting.joined == {**dict.fromkeys((0, 1, 2), (0, 1, 2)), 7: (7,)}
    assert len(lasting.activations) == 2
    need = ask("need", ["P0"], -5.0, 0.5)
    terms = OrderTerms(block="b")
    power = [PowerPoint(index=index, p=95.0, p_price=0.5) for index in (0, 4)]
    wanted = [Flexibility(pod=["P0"], power=power, order=terms)]
    found = linked(plain, msgspec.structs.replace(need, flexibility=wanted))
    assert found.joined == {0: (0, 4), 4: (0, 4)}
    assert [each.least_kw for each in found.demands] == [5.0, 5.0]


def test_what_stands_together() -> None:
    def unit(**told: Any) -> Unit:
        plain: dict[str, Any] = {"least_share": 0.0, "choice": None, "option": 0}
        return Unit("u", [0], **plain | told)

    assert not unit().stands_together
    for each in (unit(is_block=True), unit(least_share=0.1), unit(back=[ComingBack(0, 1, 2.0)])):
        assert each.stands_together
    assert unit(choice=(2, "x"), option="b").option_key == ((2, "x"), "b")
    assert (UNLINKED.units, UNLINKED.bounds, UNLINKED.joined) == ((), (), {})


def test_who_gains_most_from_all_rows_pays() -> None:
    gains = {0: {2: 1.0, 5: 3.0}, 1: {2: 2.5}, 2: {5: 9.0}}
    assert payer_of([0, 1], gains) == 2
    assert payer_of([0], gains) == 5
    assert payer_of([0, 1], {0: {7: 1.0, 3: 1.0}}) == 3
    assert payer_of([4], gains) == 0


def result(number: int, share: float, **told: Any) -> UnitResult:
    unit = Unit("u", [number], 0.0, told.get("choice"), told.get("option", 0), told.get("back", []))
    return UnitResult(unit, share, told.get("gain", 0.0), told.get("is_spent", False))


def test_payers_are_found_by_what_is_missing() -> None:
    """Row 3 relieves a limit that must hold; row 1 serves a request only, and harms the limit."""

    def payers(most: float, unserved: list[bool] | None = None) -> dict[int, int]:
        asked = AskedRows(
            buyers=[0, 4],
            worth=np.array([0.5, INF]),
            spare=np.array([INF, 0.0]),
            per_pod=np.zeros((2, 1)),
            effect=np.array([[1.0, 1.0], [-2.0, 0.5]]),
            least=np.array([3.0, -INF]),
            most=np.array([INF, most]),
        )
        refused = None if unserved is None else np.array(unserved)
        solved = Solved(np.zeros(2), np.zeros(2), refused)
        trades = LinkedTrades([], [])
        results = [result(3, 1.0), result(1, 1.0)]
        told = trades.add(results, [Quarter(7, 0, np.array([3, 1]), asked)], [solved])
        assert (trades.results, trades.payers) == (results, [told[3], told[1]])
        return told

    assert payers(-1.0) == {3: 4, 1: 0}
    assert payers(1.0) == {3: 0, 1: 0}
    assert payers(0.0) == {3: 0, 1: 0}
    assert payers(-1.0, [False, True]) == {3: 0, 1: 0}
    assert payers(-1.0, [True, False]) == {3: 4, 1: 0}


def test_units_that_are_not_taken_say_why() -> None:
    """By row; the merit order is the other way round, and a reason is told by place."""
    x, y = (0, "x"), (0, "y")
    results = [
        result(0, 0.5, choice=x, option=1),
        result(1, 0.0, choice=x, option=2),
        result(2, 0.0, gain=1.5),
        result(3, 0.0, gain=1.5, is_spent=True),
        result(4, 0.0, gain=1.0),
        result(5, 0.0),
        result(6, 0.0, choice=x, option=1),
        result(7, 0.0, choice=y, option=2, gain=5.0),
        result(8, 0.0, choice=x, option=3, gain=5.0, is_spent=True),
        result(9, 0.0, is_spent=True),
        result(10, 1.0, gain=5.0),
    ]
    order = np.arange(11)[::-1]
    reason = np.full(11, NOT_NEEDED, dtype=np.int8)
    gain = np.zeros(11)
    gain[order == 5] = 0.2
    LinkedTrades(results, [0] * 11).explain(reason, order, gain)
    assert reason[::-1].tolist() == [
        NOT_NEEDED,
        ALTERNATIVE_TAKEN,
        BLOCK_DID_NOT_FIT,
        ENERGY_USED_UP,
        NOT_NEEDED,
        BLOCK_DID_NOT_FIT,
        NOT_NEEDED,
        BLOCK_DID_NOT_FIT,
        ALTERNATIVE_TAKEN,
        NOT_NEEDED,
        NOT_NEEDED,
    ]
    untouched = np.full(2, GRID_LIMIT, dtype=np.int8)
    LinkedTrades([], []).explain(untouched, np.array([1, 0]), np.ones(2))
    assert untouched.tolist() == [GRID_LIMIT] * 2


def test_offers_that_last_too_short_or_too_long_say_so() -> None:
    """Row 4 is sold in part, 3 is paid too little, 2 has its reason, and 1 is not bounded."""
    book = book_of([(0, index, -5.0, 0.1) for index in range(6)])
    activation = Activation({0: [0, 5], 2: [2], 3: [3], 4: [4]}, 2, None, 0.1)
    reason = np.full(6, NOT_NEEDED, dtype=np.int8)
    reason[3] = GRID_LIMIT
    order = np.arange(6)[::-1]
    gain = np.array([0.1, 0.1, 0.0, 0.1, 0.1, 0.1])
    left_kw = np.array([5.0, 4.9, 5.0, 5.0, 5.0, 5.0])
    explain_durations([activation], reason, order, gain, left_kw, book)
    assert reason.tolist() == [
        BLOCK_DID_NOT_FIT,
        NOT_NEEDED,
        NOT_NEEDED,
        GRID_LIMIT,
        NOT_NEEDED,
        BLOCK_DID_NOT_FIT,
    ]


def traded(index: int, change_kw: float | None, service: str = "offer-0") -> AcceptedPower:
    return AcceptedPower(
        index=index,
        accepted_p_value=None if change_kw is None else 100.0 + change_kw,
        accepted_p_change=change_kw,
        player_service_id=service,
        player_offer_id="AGG0",
    )


def test_what_comes_back_is_told_and_counted_in_totals() -> None:
    """Half a unit is taken: 8 kW come back at P0, where 4 less were sold; 4 + 2 kW at P1."""
    back = [
        ComingBack(1, 2, 4.0),
        ComingBack(0, 0, 16.0),
        ComingBack(1, 2, 2.0),
        ComingBack(1, 3, 1.0),
        ComingBack(1, 3, -1.0),
    ]
    results = [result(1, 0.0, back=[ComingBack(1, 9, 5.0)]), result(0, 0.5, back=back)]
    book = book_of([(0, 0, -8.0, 0.1), (1, 1, -3.0, 0.1)], [1, 0], offers=2)
    names = LinkNames({("P0", 0, "AGG0", "offer-0"): "b"}, {0: "b", 1: "c"})
    told = [
        PodOutcome(pod="P0", power=[traded(0, None), traded(0, -4.0), traded(1, -1.0, "offer-7")]),
        PodOutcome(pod="P2", power=[traded(0, -4.0)]),
    ]
    buyers = [("DSO", "need"), ("TSO", "other")]
    found = tell_links(
        told, LinkedTrades(results, [0, 1]), names, book, buyers, table_of("P0", "P1", "P2")
    )
    assert [pod.pod for pod in found] == ["P0", "P1", "P2"]
    lines = [
        (power.index, power.accepted_p_change, power.accepted_p_value, power.linked)
        for pod in found
        for power in pod.power
    ]
    assert lines == [
        (0, None, None, None),
        (0, -4.0, 104.0, "b"),
        (0, 8.0, 104.0, "b"),
        (1, -1.0, 99.0, None),
        (2, 3.0, 103.0, "b"),
        (0, -4.0, 96.0, None),
    ]
    (alone,) = found[1].power
    assert (alone.player_offer_id, alone.player_service_id) == ("AGG1", "offer-1")
    assert (alone.player_request_id, alone.request_service_id) == ("TSO", "other")
    assert alone.accepted_p_price == 0.0
