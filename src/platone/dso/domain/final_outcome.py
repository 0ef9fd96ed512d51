"""Final outcomes of the market: the trades that are activated, and who decided them."""

from platone.messages.outcome import (
    TechnicalOutcome,
    TechnicalPod,
    TechnicalPower,
    ValidatedOutcome,
    ValidatedPower,
)


def activated(final: ValidatedOutcome) -> TechnicalOutcome:
    """Return the activated trades of a final outcome, in the form of the DSO's own answer.

    Totals are of each PoD and quarter-hour, kW; what is not activated is left out.
    """
    pods = []
    for pod in final.flexibility:
        totals_kw = {
            each.index: each.accepted_p_value
            for each in pod.power
            if each.accepted_p_value is not None
        }
        power = [
            TechnicalPower(index=index, accepted_p_value=total_kw, accepted_p="OK")
            for index, total_kw in totals_kw.items()
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


def trades_of(final: ValidatedOutcome, party: str, pod_id: str, index: int) -> list[ValidatedPower]:
    """Return the activated trades that a party sold of a point of delivery in a quarter-hour."""
    return [
        each
        for pod in final.flexibility
        if pod.pod == pod_id
        for each in pod.power
        if each.index == index
        and each.accepted_p_value is not None
        and each.player_offer_id == party
    ]
