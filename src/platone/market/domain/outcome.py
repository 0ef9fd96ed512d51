"""The telling of a decision: a trade or a reason for each offered quarter-hour, by PoD."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from platone.market.domain.decision import DUST_KW, REASONS, Decision
from platone.market.domain.offer_book import OfferBook
from platone.market.domain.order_book import LONGEST_DAY, PodTable, Rows
from platone.market.domain.rejection import REACTIVE_NOT_TRADED, Rejection
from platone.messages.outcome import AcceptedPower, PodOutcome

Buyer = tuple[str, str]
"""A party that asks for flexibility, and the identifier of what it asks."""


def tell(
    decision: Decision, book: OfferBook, buyers: Sequence[Buyer], table: PodTable
) -> list[PodOutcome]:
    """Return the trades or the rejection of each offer, by PoD, quarter-hour and order."""
    sold = np.zeros(len(book.pod), dtype=np.bool_)
    sold[decision.place] = True
    unsold = np.flatnonzero(~sold)
    lines = _rejected(decision, book, unsold) + _accepted(decision, book, buyers)
    row = decision.order[np.concatenate([unsold, decision.place])]
    order = np.argsort(book.pod[row] * LONGEST_DAY + book.index[row], kind="stable")
    told = [lines[place] for place in order.tolist()]
    bounds = np.searchsorted(book.pod[row[order]], np.arange(len(table.pods) + 1)).tolist()
    return [
        PodOutcome(pod=pod.pod_id, power=told[start:end])
        for pod, (start, end) in zip(table.pods, pairwise(bounds), strict=True)
        if end > start
    ]


@dataclass(frozen=True, slots=True)
class _Names:
    """The identifiers and parties of the messages that offers came in, one of each an offer."""

    services: list[str]
    players: list[str]

    @classmethod
    def of(cls, book: OfferBook, rows: Rows) -> "_Names":
        """Return the identifiers and parties of offers."""
        numbers = book.service[rows]
        services = np.array([each.player_service_id for each in book.services], dtype=object)
        players = np.array([each.player_id for each in book.services], dtype=object)
        return cls(services[numbers].tolist(), players[numbers].tolist())


def _rejected(decision: Decision, book: OfferBook, places: Rows) -> list[AcceptedPower]:
    rows = decision.order[places]
    names = _Names.of(book, rows)
    reasons = np.array([each.value for each in REASONS], dtype=object)
    return [
        AcceptedPower(
            index=index,
            accepted_p_value=None,
            rejection_type_p=reason,
            rejection_type_q=reactive,
            player_service_id=service,
            player_offer_id=player,
        )
        for index, reason, reactive, service, player in zip(
            book.index[rows].tolist(),
            reasons[decision.reason[places]].tolist(),
            _reactive(book, rows),
            names.services,
            names.players,
            strict=True,
        )
    ]


def _accepted(decision: Decision, book: OfferBook, buyers: Sequence[Buyer]) -> list[AcceptedPower]:
    """Return the trades in order of serving; the last one of an offer tells if some is left."""
    places, rows = decision.place, decision.order[decision.place]
    sign = np.where(book.change_kw[rows] > 0, 1.0, -1.0)
    change_kw = sign * decision.volume_kw
    sold_kw = np.bincount(places, weights=change_kw, minlength=len(decision.order))[places]
    all_sold = decision.left_kw[places] <= DUST_KW
    total_kw = np.where(all_sold, book.total_kw[rows], book.baseline_kw[rows] + sold_kw)
    last = np.empty(len(decision.order), dtype=np.intp)
    last[places] = np.arange(len(places))
    partly = ~all_sold & (last[places] == np.arange(len(places)))
    rest = np.array([None, Rejection.PARTLY_NEEDED.value], dtype=object)[partly.astype(np.intp)]
    names = _Names.of(book, rows)
    who, which = (
        np.repeat(np.array(column, dtype=object)[decision.buyer], decision.trades).tolist()
        for column in (zip(*buyers, strict=True) if buyers else ((), ()))
    )
    return [
        AcceptedPower(
            index=index,
            accepted_p_value=kw,
            accepted_p_price=price,
            accepted_p_change=change,
            rejection_type_p=reason,
            rejection_type_q=reactive,
            player_service_id=service,
            player_request_id=buyer,
            player_offer_id=player,
            request_service_id=request,
        )
        for index, kw, price, change, reason, reactive, service, buyer, player, request in zip(
            book.index[rows].tolist(),
            total_kw.tolist(),
            decision.price.tolist(),
            change_kw.tolist(),
            rest.tolist(),
            _reactive(book, rows),
            names.services,
            who,
            names.players,
            which,
            strict=True,
        )
    ]


def _reactive(book: OfferBook, rows: Rows) -> list[str | None]:
    """Return why reactive power of offers is not taken, where it is offered."""
    told = np.array([None, REACTIVE_NOT_TRADED], dtype=object)[book.reactive[rows].astype(np.intp)]
    return told.tolist()  # type: ignore[no-any-return]
