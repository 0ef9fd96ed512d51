"""Final outcomes of the market: the trades that are activated, and who decided them."""

from collections.abc import Iterable

from platone.messages.outcome import (
    TechnicalOutcome,
    TechnicalPod,
    TechnicalPower,
    ValidatedOutcome,
    ValidatedPower,
)


def activated(final: ValidatedOutcome) -> TechnicalOutcome:
    """Return the activated trades of a final outcome, in the form of the DSO's own answer.

    Totals are of each PoD and quarter-hour, kW and kvar; what is not activated is left out.
    """
    pods = []
    for pod in final.flexibility:
        by_index: dict[int, list[ValidatedPower]] = {}
        for each in pod.power:
            by_index.setdefault(each.index, []).append(each)
        totals = ((index, *totals_of(trades)) for index, trades in by_index.items())
        power = [
            TechnicalPower(
                index=index,
                accepted_p_value=p_kw or 0.0,
                accepted_p=None if p_kw is None else "OK",
                accepted_q_value=q_kvar,
                accepted_q=None if q_kvar is None else "OK",
            )
            for index, p_kw, q_kvar in totals
            if p_kw is not None or q_kvar is not None
        ]
        if power:
            pods.append(TechnicalPod(pod=pod.pod, power=power))
    return TechnicalOutcome(
        market_type=final.market_type,
        duration=final.duration,
        interval=final.interval,
        start_time=final.start_time,
        market_outcome=final.market_outcome,
        flexibility=pods,
    )


def totals_of(trades: Iterable[ValidatedPower]) -> tuple[float | None, float | None]:
    """Return the activated totals of trades in a quarter-hour, kW and kvar; None without one."""
    listed = list(trades)
    active = (each.accepted_p_value for each in listed if each.accepted_p_value is not None)
    reactive = (each.accepted_q_value for each in listed if each.accepted_q_value is not None)
    return next(active, None), next(reactive, None)


def trades_by_place(
    final: ValidatedOutcome, party: str
) -> dict[tuple[str, int], list[ValidatedPower]]:
    """Return the activated trades that a party sold, by point of delivery and quarter-hour."""
    found: dict[tuple[str, int], list[ValidatedPower]] = {}
    for pod in final.flexibility:
        for each in pod.power:
            if each.player_offer_id == party and totals_of([each]) != (None, None):
                found.setdefault((pod.pod, each.index), []).append(each)
    return found
