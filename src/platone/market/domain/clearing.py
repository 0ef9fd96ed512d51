"""The clearing of a session: which offers serve which requests, and at what price.

Source: the Italian field test (D3.6, 4.3), whose figures these rules reproduce.

1. A request asks for the total power of a group of PoDs. Its need is that total less the sum of
   the group's baselines; negative: consume less. What other requests activate does not count.
2. The DSO's requests are served before the TSO's (:func:`.order_book.list_asks` has the whole
   order). An offer is never sold twice; what is left of it may serve a later request.
3. A request takes the offers of its direction whose price does not pass its limit in merit order
   (:class:`.order_book.OfferBook`), the last one in part, until its need is met.
4. All its trades in a quarter-hour are paid the price of the dearest offer taken
   (pay-as-cleared).
5. Accepted values are totals: baseline plus change.

The result depends on the recorded session only, and not on the order of its lists. It sorts once
and then walks over each request's offers with whole arrays: n log n in the number of offers.
"""

from dataclasses import dataclass

import msgspec
import numpy as np

from platone.kernel.canonical import content_hash
from platone.market.domain.order_book import (
    Ask,
    Kilowatts,
    OfferBook,
    PodTable,
    Rows,
    book_offers,
    list_asks,
    submission_order,
    tabulate,
)
from platone.market.domain.rejection import REACTIVE_NOT_TRADED, Rejection
from platone.messages.market import (
    AcceptedPower,
    MarketOutcome,
    PodOutcome,
    RecordedService,
    RecordedSession,
)

DUST_KW = 1e-9
"""A millionth of a watt: less than this is rounding, and no volume."""


@dataclass(frozen=True, slots=True)
class Trade:
    """The part of one offered quarter-hour that one request takes.

    Attributes:
        ask: The request.
        change_kw: Change from the baseline, load convention.
        price: EUR/kWh.
    """

    ask: Ask
    change_kw: float
    price: float


@dataclass(frozen=True, slots=True)
class Clearing:
    """The state of a clearing, while its requests are served.

    Attributes:
        book: The offers.
        left_kw: The change that is unsold yet, load convention, by rank.
        reach: The best limit of the requests so far, shape (2, quarter-hours, pods): 0 those that
            reduce, 1 those that raise; minus infinity where there is none.
        trades: By rank, in the order in which requests are served.
    """

    book: OfferBook
    left_kw: Kilowatts
    reach: Kilowatts
    trades: dict[int, list[Trade]]

    @classmethod
    def begin(cls, book: OfferBook) -> "Clearing":
        """Return the state in which nothing is sold yet."""
        return cls(book, book.change_kw.copy(), np.full((2, *book.place.shape), -np.inf), {})

    def serve(self, ask: Ask) -> None:
        """Sell one request what it needs."""
        need_kw = abs(ask.need_kw)
        sign = 1.0 if ask.need_kw > 0 else -1.0
        for raising in (False, True) if need_kw <= DUST_KW else (sign > 0,):
            best = self.reach[int(raising), ask.index]
            best[ask.group] = np.maximum(best[ask.group], ask.limit)
        ranks = self.book.ranks(ask.index, ask.group)
        left_kw = sign * self.left_kw[ranks]
        fits = (left_kw > DUST_KW) & (self.book.price[ranks] <= ask.limit)
        taken_kw = _fill(need_kw, left_kw[fits])
        if taken_kw.size:
            self._sell(ask, ranks[fits][: taken_kw.size], sign * taken_kw)

    def _sell(self, ask: Ask, ranks: Rows, taken_kw: Kilowatts) -> None:
        price = float(self.book.price[ranks[-1]])  # the dearest, in merit order
        self.left_kw[ranks] -= taken_kw
        for rank, kw in zip(ranks.tolist(), taken_kw.tolist(), strict=True):
            self.trades.setdefault(rank, []).append(Trade(ask, kw, price))

    def reasons(self) -> list[Rejection]:
        """Return why each offer would not be taken, if it is not, by rank."""
        book = self.book
        raising = (book.change_kw > 0).astype(np.intp)
        own = self.reach[raising, book.index, book.pod]
        opposite = self.reach[1 - raising, book.index, book.pod]
        own[np.abs(book.change_kw) <= DUST_KW] = -np.inf
        chosen = np.select(
            [book.price <= own, own > -np.inf, opposite > -np.inf], [0, 1, 2], default=3
        )
        return [_REASONS[number] for number in chosen.tolist()]


_REASONS = (
    Rejection.NOT_NEEDED,
    Rejection.PRICE_ABOVE_LIMIT,
    Rejection.WRONG_DIRECTION,
    Rejection.NO_REQUEST,
)
"""The reasons by their number in :meth:`Clearing.reasons`, the most favourable first."""


def clear(recorded: RecordedSession) -> MarketOutcome:
    """Clear a session.

    Args:
        recorded: Its PoDs, requests and offers; ``submitted_at`` breaks ties where it is given.

    Returns:
        A trade or a rejection for each offered quarter-hour, by PoD and quarter-hour.

    Raises:
        RecordingInvalid: The session contradicts itself; the detail says how.
    """
    table = tabulate(recorded.pods)
    book = book_offers(recorded, table)
    clearing = Clearing.begin(book)
    for ask in list_asks(recorded, table):
        clearing.serve(ask)
    return sign_outcome(recorded, _outcomes(clearing, table))


def sign_outcome(recorded: RecordedSession, flexibility: list[PodOutcome]) -> MarketOutcome:
    """Return an outcome that is named by what it says and what it was made from."""
    terms = recorded.session
    input_hash = hash_recording(recorded)
    output_hash = content_hash(
        {
            "marketType": terms.market_type,
            "startTime": terms.start_time,
            "duration": terms.duration,
            "interval": terms.interval,
            "inputHash": input_hash,
            "flexibility": flexibility,
        }
    )
    return MarketOutcome(
        market_outcome=output_hash[:24],
        market_type=terms.market_type,
        start_time=terms.start_time,
        duration=terms.duration,
        interval=terms.interval,
        input_hash=input_hash,
        output_hash=output_hash,
        flexibility=flexibility,
    )


def hash_recording(recorded: RecordedSession) -> str:
    """Return the SHA-256 of a recorded session, whatever order its PoDs and services stand in."""
    return content_hash(
        msgspec.structs.replace(
            recorded,
            pods=sorted(recorded.pods, key=lambda pod: pod.pod_id),
            flexibility_services=sorted(
                recorded.flexibility_services,
                key=lambda service: (service.service_type.value, *submission_order(service)),
            ),
        )
    )


def _fill(need_kw: float, left_kw: Kilowatts) -> Kilowatts:
    """Return the parts taken of the first offers until the need is met; all but the last wholly.

    Args:
        need_kw: Magnitude of the need.
        left_kw: Magnitudes of what is left of the offers, in merit order.
    """
    if need_kw <= DUST_KW:
        return left_kw[:0]
    until_kw = np.cumsum(left_kw)
    whole = int(np.searchsorted(until_kw, need_kw - DUST_KW))
    if whole == len(left_kw):
        return left_kw
    taken_kw = left_kw[: whole + 1].copy()
    part_kw = need_kw - (until_kw[whole - 1] if whole else 0.0)
    if part_kw < taken_kw[whole] - DUST_KW:
        taken_kw[whole] = part_kw
    return taken_kw


def _outcomes(clearing: Clearing, table: PodTable) -> list[PodOutcome]:
    book = clearing.book
    ranks = np.lexsort((book.index, book.pod))
    reasons = clearing.reasons()
    outcomes: dict[int, list[AcceptedPower]] = {}
    for rank, row, index, service_row in zip(
        ranks.tolist(),
        book.pod[ranks].tolist(),
        book.index[ranks].tolist(),
        book.service[ranks].tolist(),
        strict=True,
    ):
        told = outcomes.setdefault(row, [])
        service = book.services[service_row]
        if rank in clearing.trades:
            told.extend(_accept(clearing, rank, index, service))
        else:
            told.append(_reject(clearing, rank, index, service, reasons[rank]))
    return [PodOutcome(pod=table.pods[row].pod_id, power=power) for row, power in outcomes.items()]


def _reject(
    clearing: Clearing, rank: int, index: int, service: RecordedService, reason: Rejection
) -> AcceptedPower:
    return AcceptedPower(
        index=index,
        accepted_p_value=None,
        rejection_type_p=reason.value,
        rejection_type_q=_reactive(clearing, rank),
        player_service_id=service.player_service_id,
        player_offer_id=service.player_id,
    )


def _accept(
    clearing: Clearing, rank: int, index: int, service: RecordedService
) -> list[AcceptedPower]:
    """Return the trades of an offered quarter-hour; the last one tells if something is left."""
    trades = clearing.trades[rank]
    total_kw, all_sold = _accepted_total_kw(clearing, rank)
    rest = None if all_sold else Rejection.PARTLY_NEEDED.value
    return [
        AcceptedPower(
            index=index,
            accepted_p_value=total_kw,
            accepted_p_price=trade.price,
            accepted_p_change=trade.change_kw,
            rejection_type_p=rest if trade is trades[-1] else None,
            rejection_type_q=_reactive(clearing, rank),
            player_service_id=service.player_service_id,
            player_request_id=trade.ask.service.player_id,
            player_offer_id=service.player_id,
            request_service_id=trade.ask.service.player_service_id,
        )
        for trade in trades
    ]


def _reactive(clearing: Clearing, rank: int) -> str | None:
    return REACTIVE_NOT_TRADED if clearing.book.reactive[rank] else None


def _accepted_total_kw(clearing: Clearing, rank: int) -> tuple[float, bool]:
    """Return the total, to the last digit the offered one if all is sold; and whether it is."""
    book = clearing.book
    if abs(clearing.left_kw[rank]) <= DUST_KW:
        return float(book.total_kw[rank]), True
    changes_kw = (trade.change_kw for trade in clearing.trades[rank])
    return float(book.baseline_kw[rank]) + sum(changes_kw), False
