"""The offers of a session in columns: in the order of a plain sort; what cannot be is refused."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from platone.market.domain import offer_book as module
from platone.market.domain.offer_book import OfferBook, book_offers
from platone.market.domain.order_book import tabulate
from platone.market.domain.problem.outcome import RecordingInvalid
from platone.messages.base import MarketType
from platone.messages.market import (
    Flexibility,
    PowerPoint,
    RecordedService,
    RecordedSession,
    ServiceType,
    SessionPod,
    SessionTerms,
)
from platone.messages.order import OrderTerms

START = datetime(2021, 6, 22, 22, tzinfo=UTC)
BASELINES = {"POD-0": 10.0, "POD-1": 20.0, "POD-2": 30.0}


def book_of(offers: list[tuple[int, float, float]]) -> OfferBook:
    """The book of offers, each of a quarter-hour, a change in kW and a price."""
    index, change_kw, price = zip(*offers, strict=True)
    nothing = np.zeros(len(offers))
    return OfferBook(
        services=[],
        service=np.zeros(len(offers), dtype=np.intp),
        pod=np.arange(len(offers)),
        index=np.array(index, dtype=np.intp),
        total_kw=nothing,
        baseline_kw=nothing,
        change_kw=np.array(change_kw),
        price=np.array(price, dtype=np.float64),
        reactive=nothing > 0,
    )


def assert_in_order(offers: list[tuple[int, float, float]]) -> None:
    """Compare with a sort of Python by quarter-hour, direction, price and place."""
    keys = sorted(
        (2 * index + (1 if change_kw > 0 else 0), price, row)
        for row, (index, change_kw, price) in enumerate(offers)
    )
    side, order = book_of(offers).merit_order()
    assert order.tolist() == [row for *_, row in keys]
    assert side.tolist() == [each for each, *_ in keys]


_steps = st.integers(0, 17_000_000).map(lambda steps: steps / 1e6)
_prices = st.one_of(
    _steps,
    st.sampled_from([0.0, 16.777215, 16.777216, 16.777217, 20.0, 1000.0, 3e-7, 4e-7]),
    st.floats(0, 1e4),
)
_offers = st.tuples(st.integers(0, 99), st.sampled_from([-1.0, -1e-12, 0.0, 1e-12, 2.0]), _prices)


@given(st.lists(_offers, min_size=1, max_size=12))
def test_merit_order_is_that_of_a_plain_sort(offers: list[tuple[int, float, float]]) -> None:
    assert_in_order(offers)


@given(st.lists(st.tuples(st.integers(0, 3), st.just(-1.0), _steps), min_size=1, max_size=40))
def test_of_whole_steps_too(offers: list[tuple[int, float, float]]) -> None:
    assert_in_order(offers)


def test_neighbouring_steps_are_told_apart() -> None:
    """Where a price times a million falls short of the whole number, it is still that step."""
    short = [steps for steps in range(1, 40_000) if steps / 1e6 * 1e6 < steps]
    assert short
    for steps in short[:50]:
        assert_in_order([(5, -1.0, steps / 1e6), (5, -1.0, (steps - 1) / 1e6)])


@pytest.mark.parametrize("price", [16.777216, 20.0, 33.0, 40.0, 1e6])
def test_a_price_of_any_size_stays_in_its_quarter_hour(price: float) -> None:
    assert_in_order([(0, 1.0, 0.0), (0, -1.0, price), (1, -1.0, 0.000001), (0, -1.0, 0.5)])


def test_prices_between_the_steps_are_told_apart() -> None:
    assert_in_order([(0, -1.0, 3.4e-7), (0, -1.0, 3.2e-7), (0, -1.0, 3.3e-7)])


@pytest.mark.parametrize("count", [3, 4, 5, 7, 8, 9])
def test_more_rows_than_a_sort_key_holds_are_sorted_too(
    monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    """A key of two bits for rows holds four of them; the real one holds 268 million."""
    monkeypatch.setattr(module, "_ROW_BITS", 2)
    assert_in_order([(7, -1.0, 0.1), *((3, -1.0, 0.1 * (row % 2)) for row in range(count - 1))])


def entry(pod: str, *points: tuple[int, float], option: str | None = None) -> Flexibility:
    power = [PowerPoint(index=index, p=p_kw, p_price=0.1) for index, p_kw in points]
    order = None if option is None else OrderTerms(option_of=option)
    return Flexibility(pod=[pod], power=power, order=order)


def offer(
    name: str, *entries: Flexibility, minute: int = 0, kind: ServiceType = ServiceType.OFFER
) -> RecordedService:
    return RecordedService(
        player_id="AGG",
        service_type=kind,
        player_service_id=name,
        flexibility=list(entries),
        submitted_at=START + timedelta(minutes=minute),
    )


def booked(*services: RecordedService, quarter_hours: int = 96) -> OfferBook:
    session = RecordedSession(
        session=SessionTerms(market_type=MarketType.DAY_AHEAD, start_time=START),
        pods=[
            SessionPod(pod_id=pod, aggregator_id="AGG", power_baseline=[kw] * quarter_hours)
            for pod, kw in BASELINES.items()
        ],
        flexibility_services=list(services),
    )
    return book_offers(session, tabulate(session.pods))


def test_offers_come_by_submission_then_point_of_delivery() -> None:
    book = booked(
        offer("late", entry("POD-0", (3, 4.0)), minute=9),
        offer("asked", entry("POD-0", (3, 4.0)), kind=ServiceType.DSO_REQUEST),
        offer("early", entry("POD-2", (7, 35.0), (6, 25.0)), entry("POD-1", (3, 20.0)), minute=1),
    )
    assert [each.player_service_id for each in book.services] == ["early", "late"]
    assert book.service.tolist() == [0, 0, 0, 1]
    assert book.pod.tolist() == [1, 2, 2, 0]
    assert book.index.tolist() == [3, 7, 6, 3]
    assert book.total_kw.tolist() == [20.0, 35.0, 25.0, 4.0]
    assert book.baseline_kw.tolist() == [20.0, 30.0, 30.0, 10.0]
    assert book.change_kw.tolist() == [0.0, 5.0, -5.0, -6.0]
    assert book.price.tolist() == [0.1] * 4
    assert book.reactive.tolist() == [False] * 4


def test_offers_of_reactive_power_are_marked() -> None:
    point = PowerPoint(index=4, p=1.0, p_price=0.1, q=0.0, q_price=0.1)
    book = booked(
        offer("both", Flexibility(pod=["POD-1"], power=[point])), offer("x", entry("POD-2", (3, 1)))
    )
    assert book.reactive.tolist() == [True, False]


def test_no_offers_are_a_book() -> None:
    book = booked()
    assert (book.services, book.change_kw.shape) == ([], (0,))


def test_the_first_and_last_place_are_no_repetition() -> None:
    spots = [(0, "POD-0"), (0, "POD-1"), (0, "POD-2"), (1, "POD-0"), (95, "POD-2")]
    book = booked(*(offer(f"{pod}.{index}", entry(pod, (index, 1.0))) for index, pod in spots))
    assert len(book.change_kw) == len(spots)


@pytest.mark.parametrize(("pod", "index"), [("POD-0", 0), ("POD-2", 0), ("POD-1", 95)])
def test_a_quarter_hour_is_offered_once(pod: str, index: int) -> None:
    twice = [offer(name, entry(pod, (index, 1.0))) for name in ("A", "B")]
    with pytest.raises(RecordingInvalid, match=f"{pod} is offered twice at index {index}"):
        booked(*twice)


def test_only_options_may_be_for_the_same_quarter_hour() -> None:
    """Of the options of a choice one is taken at most; what stands alone is taken besides."""
    options = [entry("POD-0", (5, kw), option="either") for kw in (1.0, 2.0)]
    book = booked(offer("A", *options, entry("POD-1", (5, 1.0))))
    assert book.pod.tolist() == [0, 0, 1]
    bound = Flexibility(pod=["POD-2"], power=entry("x", (5, 1.0)).power, order=OrderTerms())
    with pytest.raises(RecordingInvalid, match="POD-2 is offered twice"):
        booked(offer("A", *options, bound), offer("B", bound))
    with pytest.raises(RecordingInvalid, match="POD-2 is offered twice"):
        booked(offer("A", bound), offer("B", bound))


def test_what_has_no_baseline_is_named() -> None:
    with pytest.raises(RecordingInvalid, match="POD-1 has no baseline at index 93"):
        booked(
            offer("A", entry("POD-0", (91, 1.0)), entry("POD-1", (93, 1.0), (95, 1.0))),
            quarter_hours=92,
        )
    with pytest.raises(RecordingInvalid) as refused:
        booked(offer("A", entry("POD-2", (92, 1.0))), quarter_hours=92)
    assert refused.value.fields == {"pod": "POD-2"}


@pytest.mark.parametrize(
    "wrong",
    [
        Flexibility(pod=["POD-0", "POD-1"], power=entry("x", (5, 1.0)).power),
        Flexibility(pom="EAST", power=entry("x", (5, 1.0)).power),
        Flexibility(pod=["POD-0"], pom="EAST", power=entry("x", (5, 1.0)).power),
    ],
)
def test_an_offer_is_for_one_point_of_delivery(wrong: Flexibility) -> None:
    with pytest.raises(RecordingInvalid, match="not for exactly one PoD") as refused:
        booked(offer("OFF-7", wrong))
    assert refused.value.fields == {"playerServiceId": "OFF-7"}


def test_a_point_of_delivery_is_one_of_the_session() -> None:
    with pytest.raises(RecordingInvalid, match="no PoD POD-9"):
        booked(offer("A", entry("POD-9", (5, 1.0))))
