"""Activation: from a validated outcome to the setpoints of the PoDs that were taken."""

from collections.abc import Iterable

from platone.aggregator.domain.problem import OutcomeContradictsItself
from platone.kernel.market_time import QUARTER_HOUR_MINUTES, MarketDay
from platone.messages.outcome import ValidatedOutcome, ValidatedPod, ValidatedPower
from platone.messages.registry import Setpoint


def parties_of(outcome: ValidatedOutcome) -> set[str]:
    """Return the aggregators whose offers stand in an outcome."""
    return {trade.player_offer_id for part in outcome.flexibility for trade in part.power}


def trades_of(outcome: ValidatedOutcome, party: str) -> list[ValidatedPod]:
    """Return the trades of one aggregator, by PoD."""
    mine = [
        ValidatedPod(
            pod=part.pod,
            power=[trade for trade in part.power if trade.player_offer_id == party],
        )
        for part in outcome.flexibility
    ]
    return [part for part in mine if part.power]


def is_trade(power: ValidatedPower) -> bool:
    """Return whether something was taken: not a rejection, and not cut to nothing."""
    return (
        power.player_request_id is not None
        and power.accepted_p_value is not None
        and power.accepted_p_change != 0
    )


def sells(outcome: ValidatedOutcome, party: str) -> bool:
    """Return whether a party sold active power in an outcome."""
    return any(
        is_trade(trade)
        for part in outcome.flexibility
        for trade in part.power
        if trade.player_offer_id == party
    )


def setpoints_of(outcome: ValidatedOutcome, party: str, zone: str) -> list[Setpoint]:
    """Return a setpoint for each PoD and quarter-hour in which the party sold something.

    The identifier follows from outcome, PoD and quarter-hour: the same outcome always gives
    the same setpoints.

    Args:
        outcome: The validated outcome; totals in kW, load convention.
        party: The aggregator.
        zone: IANA name of the market's zone, in which quarter-hours are counted.

    Raises:
        OutcomeContradictsItself: Trades of one PoD and quarter-hour disagree.
    """
    day = MarketDay.holding(outcome.start_time, zone)
    found = []
    for part in trades_of(outcome, party):
        kw, kvar = _totals(part), _totals_kvar(part)
        found += [
            Setpoint(
                setpoint_id=f"{outcome.market_outcome}-{part.pod}-{index}",
                pod_id=part.pod,
                start_time=day.instant(index),
                duration_minutes=QUARTER_HOUR_MINUTES,
                power_kw=kw.get(index),
                power_kvar=kvar.get(index),
                market_outcome=outcome.market_outcome,
            )
            for index in sorted(kw.keys() | kvar.keys())
        ]
    return found


def _totals(part: ValidatedPod) -> dict[int, float]:
    return _agreed(
        part.pod,
        "kW",
        (
            (trade.index, trade.accepted_p_value)
            for trade in part.power
            if is_trade(trade) and trade.accepted_p_value is not None
        ),
    )


def _totals_kvar(part: ValidatedPod) -> dict[int, float]:
    return _agreed(
        part.pod,
        "kvar",
        (
            (trade.index, trade.accepted_q_value)
            for trade in part.power
            if trade.player_request_id is not None
            and trade.accepted_p_value is None
            and trade.accepted_q_value is not None
        ),
    )


def _agreed(pod: str, unit: str, told: Iterable[tuple[int, float]]) -> dict[int, float]:
    """Return the total of each quarter-hour, on which all of its trades agree."""
    totals: dict[int, float] = {}
    for index, total in told:
        if totals.setdefault(index, total) != total:
            raise OutcomeContradictsItself(
                f"{pod} shall have {totals[index]} and {total} {unit} in quarter-hour {index}.",
                podId=pod,
                index=index,
            )
    return totals
