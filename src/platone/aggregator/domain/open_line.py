"""Lines that are open: sold and not settled, settled and not paid, or paid and disputed."""

from collections.abc import Iterable, Iterator, Sequence

from platone.aggregator.domain.activation import is_trade
from platone.kernel.market_time import MarketDay
from platone.messages.base import MarketType
from platone.messages.delivery import LineState, OpenLine
from platone.messages.dispute import Dispute, DisputeStatus
from platone.messages.outcome import ValidatedOutcome
from platone.messages.settlement import MeasuredPower, Settlement

_Key = tuple[MarketType, object, str, int, str]
_PAID = "settled"


def open_lines(
    outcomes: Sequence[ValidatedOutcome],
    settlements: Iterable[Settlement],
    disputes: Iterable[Dispute],
    party: str,
    zone: str,
) -> list[OpenLine]:
    """Return the lines of a party that are open, by start of delivery.

    Args:
        outcomes: What it sold.
        settlements: In the order in which they came: the last one of an outcome counts.
        disputes: The disputes that concern it.
        party: The aggregator.
        zone: IANA name of the market's zone.
    """
    disputed = {
        each.line_id: each.id for each in disputes if each.status is not DisputeStatus.CLOSED
    }
    newest = {each.market_outcome_id: each for each in settlements}
    settled: dict[_Key, tuple[Settlement, MeasuredPower]] = {}
    for settlement in newest.values():
        for part in settlement.flexibility:
            for power in part.power:
                if power.offer_player_id == party:
                    key = _key(settlement, part.pod, int(power.index), power.request_player_id)
                    settled[key] = settlement, power
    lines = [*_unsettled(outcomes, settled.keys(), party, zone)]
    lines += _settled(settled, disputed, zone)
    return sorted(lines, key=lambda line: (line.start_time, line.pod_id, line.request_player_id))


def _key(session: ValidatedOutcome | Settlement, pod: str, index: int, asked_by: str) -> _Key:
    return session.market_type, session.start_time, pod, index, asked_by


def _unsettled(
    outcomes: Sequence[ValidatedOutcome], settled: Iterable[_Key], party: str, zone: str
) -> Iterator[OpenLine]:
    """Yield the trades of which no settlement has told anything yet."""
    told = set(settled)
    for outcome in outcomes:
        day = MarketDay.holding(outcome.start_time, zone)
        for part in outcome.flexibility:
            for trade in part.power:
                asked_by = trade.player_request_id
                if trade.player_offer_id != party or not is_trade(trade) or asked_by is None:
                    continue
                if _key(outcome, part.pod, trade.index, asked_by) not in told:
                    yield OpenLine(
                        pod_id=part.pod,
                        market_outcome=outcome.market_outcome,
                        start_time=day.instant(trade.index),
                        change_p=trade.accepted_p_change or 0.0,
                        price_p=trade.accepted_p_price or 0.0,
                        request_player_id=asked_by,
                        state=LineState.WAITING,
                    )


def _settled(
    settled: dict[_Key, tuple[Settlement, MeasuredPower]], disputed: dict[str, str], zone: str
) -> Iterator[OpenLine]:
    """Yield the settled lines that are not paid, or disputed in any of their versions."""
    for (_, _, pod, index, _), (settlement, power) in settled.items():
        versions = [power.line_id, *(each.line_id for each in power.versions)]
        dispute = next((disputed[each] for each in versions if each in disputed), None)
        if dispute is None and power.status == _PAID:
            continue
        yield OpenLine(
            pod_id=pod,
            market_outcome=settlement.market_outcome_id,
            start_time=MarketDay.holding(settlement.start_time, zone).instant(index),
            change_p=power.change_p or 0.0,
            price_p=power.price_p,
            request_player_id=power.request_player_id,
            state=LineState(power.status) if dispute is None else LineState.DISPUTED,
            line_id=power.line_id,
            dispute=dispute,
        )
