"""The telling of a decision: a trade or a reason for each offered quarter-hour, by PoD."""

import numpy as np

from platone.market.domain.merit_order import DUST_KW, REASONS, Decision
from platone.market.domain.offer_book import OfferBook
from platone.market.domain.order_book import LONGEST_DAY, Ask, PodTable, Rows
from platone.market.domain.rejection import REACTIVE_NOT_TRADED, Rejection
from platone.messages.market import AcceptedPower, PodOutcome


def tell(decision: Decision, book: OfferBook, asks: list[Ask], table: PodTable) -> list[PodOutcome]:
    """Return what becomes of each offer, by PoD, quarter-hour and order of serving."""
    sold = np.bincount(decision.row, minlength=len(book.pod))
    unsold = np.flatnonzero(sold == 0)
    lines = _rejected(decision, book, unsold) + _accepted(decision, book, asks)
    row = np.concatenate([unsold, decision.row])
    order = np.lexsort((np.arange(len(row)), book.pod[row] * LONGEST_DAY + book.index[row]))
    told = [lines[place] for place in order.tolist()]
    bounds = np.searchsorted(book.pod[row[order]], np.arange(len(table.pods) + 1)).tolist()
    return [
        PodOutcome(pod=pod.pod_id, power=told[start:end])
        for pod, start, end in zip(table.pods, bounds, bounds[1:], strict=False)
        if end > start
    ]


def _rejected(decision: Decision, book: OfferBook, rows: Rows) -> list[AcceptedPower]:
    reasons = [each.value for each in REASONS]
    reactive = _reactive(book, rows)
    return [
        AcceptedPower(
            index=index,
            accepted_p_value=None,
            rejection_type_p=reasons[reason],
            rejection_type_q=reactive_reason,
            player_service_id=service.player_service_id,
            player_offer_id=service.player_id,
        )
        for index, reason, service, reactive_reason in zip(
            book.index[rows].tolist(),
            decision.reason[rows].tolist(),
            map(book.services.__getitem__, book.service[rows].tolist()),
            reactive,
            strict=True,
        )
    ]


def _accepted(decision: Decision, book: OfferBook, asks: list[Ask]) -> list[AcceptedPower]:
    """Return the trades in order of serving; the last one of an offer tells if some is left."""
    rows = decision.row
    last = np.full(len(book.pod), -1)
    last[rows] = np.arange(len(rows))
    all_sold = decision.left_kw <= DUST_KW
    sold_kw = np.zeros(len(book.pod))
    np.add.at(sold_kw, rows, decision.change_kw)
    total_kw = np.where(all_sold, book.total_kw, book.baseline_kw + sold_kw)
    partly = (last[rows] == np.arange(len(rows))) & ~all_sold[rows]
    return [
        AcceptedPower(
            index=index,
            accepted_p_value=kw,
            accepted_p_price=price,
            accepted_p_change=change_kw,
            rejection_type_p=Rejection.PARTLY_NEEDED.value if is_partly else None,
            rejection_type_q=reactive_reason,
            player_service_id=offer.player_service_id,
            player_request_id=request.player_id,
            player_offer_id=offer.player_id,
            request_service_id=request.player_service_id,
        )
        for index, kw, price, change_kw, is_partly, reactive_reason, offer, request in zip(
            book.index[rows].tolist(),
            total_kw[rows].tolist(),
            decision.price.tolist(),
            decision.change_kw.tolist(),
            partly.tolist(),
            _reactive(book, rows),
            map(book.services.__getitem__, book.service[rows].tolist()),
            (asks[number].service for number in decision.ask.tolist()),
            strict=True,
        )
    ]


def _reactive(book: OfferBook, rows: Rows) -> list[str | None]:
    """Return why reactive power of offers is not taken, where it is offered."""
    return [REACTIVE_NOT_TRADED if offered else None for offered in book.reactive[rows].tolist()]
