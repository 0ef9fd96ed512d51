"""The telling of linked offers: reasons, what stands or falls together, and what comes back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from platone.market.domain.asked import Solved
from platone.market.domain.decision import (
    ALTERNATIVE_TAKEN,
    BLOCK_DID_NOT_FIT,
    ENERGY_USED_UP,
    NOT_NEEDED,
)
from platone.market.domain.link_name import LinkNames
from platone.market.domain.linked_activation import Activation
from platone.market.domain.linked_orders import ComingBack
from platone.market.domain.linked_program import Quarter, UnitResult
from platone.market.domain.offer_book import OfferBook
from platone.market.domain.order_book import Kilowatts, PodTable, Rows
from platone.market.domain.outcome import Buyer
from platone.messages.outcome import AcceptedPower, PodOutcome

_WANTED = 1.0
"""Steps of gain above which a unit was wanted: a millionth of a euro, below which is rounding."""


_DEAR = 1e9
"""EUR/h that stand for a limit which must hold, so that sums of them stay numbers."""


@dataclass(slots=True)
class LinkedTrades:
    """The fate of linked offers in a clearing.

    Attributes:
        results: The fate of each unit.
        payers: Number of who buys most of each.
    """

    results: list[UnitResult]
    payers: list[int]

    def add(
        self,
        results: Sequence[UnitResult],
        quarters: Sequence[Quarter],
        solutions: Sequence[Solved],
        activations: Sequence[Activation] = (),
    ) -> dict[int, int]:
        """Add the units of some quarter-hours, and return who buys most of each, by row.

        So do those who gain most of an activation buy it where it only goes on to last long enough.
        """
        gains: dict[int, dict[int, float]] = {}
        for quarter, solved in zip(quarters, solutions, strict=True):
            asked = quarter.asked
            helping = np.where(asked.least[:, None] > 0, asked.effect, -asked.effect)
            limit = np.minimum(asked.worth, _DEAR)[:, None]
            gain = np.where(asked.missing()[:, None] > 0, limit * np.maximum(helping, 0.0), 0.0)
            if solved.unserved is not None:
                gain[solved.unserved] = 0.0
            for place, row in enumerate(quarter.rows.tolist()):
                gains[row] = dict(zip(asked.buyers, gain[:, place].tolist(), strict=True))
        payers: dict[int, int] = {}
        for result in results:
            payer = payer_of(result.unit.rows, gains)
            self.results.append(result)
            self.payers.append(payer)
            payers |= dict.fromkeys(result.unit.rows, payer)
        sold = _sold(quarters, solutions)
        for rows in (rows for each in activations for _, rows in each.taken(sold)):
            unasked = [row for row in rows if not any(gains[row].values())]
            payers = dict.fromkeys(unasked, payer_of(rows, gains)) | payers
        return payers

    def explain(self, reason: NDArray[np.int8], order: Rows, gain: Kilowatts) -> None:
        """Set the reasons of units that are not taken.

        Args:
            reason: The reasons by place; they are changed.
            order: Rows of the book in merit order: a place is a place in it.
            gain: What the shadow prices pay above each offer's price, by place, EUR/kWh.
        """
        places = dict(zip(order.tolist(), range(len(order)), strict=True)) if self.results else {}
        taken = {each.unit.option_key for each in self.results if each.share > 0}
        chosen = {choice for choice, _ in taken if choice is not None}
        for each in self.results:
            if each.share > 0:
                continue
            lost = each.unit.choice in chosen and each.unit.option_key not in taken
            for at in (places[row] for row in each.unit.rows):
                if lost:
                    reason[at] = ALTERNATIVE_TAKEN
                elif each.gain > _WANTED or gain[at] > 0:
                    reason[at] = ENERGY_USED_UP if each.is_spent else BLOCK_DID_NOT_FIT


def _sold(quarters: Sequence[Quarter], solutions: Sequence[Solved]) -> set[int]:
    """Return the rows of the book of which anything is sold in some quarter-hours."""
    return {
        row
        for quarter, solved in zip(quarters, solutions, strict=True)
        for row in quarter.rows[solved.volume_kw > 0].tolist()
    }


def explain_durations(
    activations: Sequence[Activation],
    reason: NDArray[np.int8],
    order: Rows,
    gain: Kilowatts,
    left_kw: Kilowatts,
    book: OfferBook,
) -> None:
    """Set the reasons of offers that were wanted for fewer or more quarter-hours than they last.

    Args:
        activations: What is taken for a bounded number of quarter-hours.
        reason: The reasons by place; they are changed.
        order: Rows of the book in merit order.
        gain: What the shadow prices pay above each offer's price, by place, EUR/kWh.
        left_kw: What is not sold of each offer, by place.
        book: The offers.
    """
    bounded = {row for each in activations for rows in each.rows.values() for row in rows}
    untouched = left_kw >= np.abs(book.change_kw[order])
    for place in np.flatnonzero(untouched & (gain > 0) & (reason == NOT_NEEDED)).tolist():
        if int(order[place]) in bounded:
            reason[place] = BLOCK_DID_NOT_FIT


def tell_links(
    told: Sequence[PodOutcome],
    trades: LinkedTrades,
    names: LinkNames,
    book: OfferBook,
    buyers: Sequence[Buyer],
    table: PodTable,
) -> list[PodOutcome]:
    """Return an outcome in which linked trades are named, and what comes back is told."""
    by_pod = {
        pod.pod: [_named(pod.pod, power, names.trades) for power in pod.power] for pod in told
    }
    spots: set[tuple[int, int]] = set()
    for result, payer in zip(trades.results, trades.payers, strict=True):
        for each in _merged(result):
            pod = table.pods[each.pod].pod_id
            by_pod.setdefault(pod, []).append(_told_back(each, result, names, book, buyers[payer]))
            spots.add((each.pod, each.index))
    for row, index in sorted(spots):
        pod = table.pods[row].pod_id
        by_pod[pod] = _with_total(by_pod[pod], index, float(table.baseline_kw[row, index]))
    return [
        PodOutcome(pod=pod, power=sorted(by_pod[pod], key=lambda power: power.index))
        for pod in sorted(by_pod)
    ]


def _named(
    pod: str, power: AcceptedPower, names: Mapping[tuple[str, int, str, str], str]
) -> AcceptedPower:
    name = names.get((pod, power.index, power.player_offer_id, power.player_service_id))
    if name is None or power.accepted_p_change is None:
        return power
    return msgspec.structs.replace(power, linked=name)


def _merged(result: UnitResult) -> list[ComingBack]:
    """Return all that comes back of a unit as taken, one for each PoD and quarter-hour."""
    found: dict[tuple[int, int], float] = {}
    for each in result.unit.back:
        key = each.pod, each.index
        found[key] = found.get(key, 0.0) + result.share * each.change_kw
    return [ComingBack(*key, change_kw) for key, change_kw in found.items() if change_kw != 0]


def _told_back(
    each: ComingBack, result: UnitResult, names: LinkNames, book: OfferBook, buyer: Buyer
) -> AcceptedPower:
    offer = book.services[int(book.service[result.unit.rows[0]])]
    party, request = buyer
    return AcceptedPower(
        index=each.index,
        accepted_p_value=0.0,  # the total of all trades here is set when all are known
        accepted_p_price=0.0,
        accepted_p_change=each.change_kw,
        player_service_id=offer.player_service_id,
        player_request_id=party,
        player_offer_id=offer.player_id,
        request_service_id=request,
        linked=names.units[result.unit.rows[0]],
    )


def _with_total(
    powers: Sequence[AcceptedPower], index: int, baseline_kw: float
) -> list[AcceptedPower]:
    """Return the trades of a PoD with one total in a quarter-hour."""
    total_kw = baseline_kw + sum(
        power.accepted_p_change or 0.0 for power in powers if power.index == index
    )
    return [
        msgspec.structs.replace(power, accepted_p_value=total_kw)
        if power.index == index and power.accepted_p_change is not None
        else power
        for power in powers
    ]


def payer_of(rows: Sequence[int], gains: Mapping[int, Mapping[int, float]]) -> int:
    """Return the number of who gains most from some rows together, the first among equals; or 0.

    Args:
        rows: Rows of the book.
        gains: What each row is worth to those who ask, by number.
    """
    sums: dict[int, float] = {}
    for row in rows:
        for buyer, gain in gains.get(row, {}).items():
            sums[buyer] = sums.get(buyer, 0.0) + gain
    return max(sorted(sums), key=lambda buyer: sums[buyer], default=0)
