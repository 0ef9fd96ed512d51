"""The answer of a DSO that takes all that the market proposes."""

import msgspec

from platone.messages.outcome import MarketOutcome, TechnicalOutcome, TechnicalPod, TechnicalPower


def technical_answer(raw: bytes) -> bytes:
    """Return the answer to an outcome, or to a part of it."""
    outcome = msgspec.json.decode(raw, type=MarketOutcome)
    pods = []
    for pod in outcome.flexibility:
        totals = {
            power.index: power.accepted_p_value
            for power in pod.power
            if power.accepted_p_value is not None
        }
        power = [
            TechnicalPower(index=index, accepted_p_value=kw, accepted_p="OK")
            for index, kw in totals.items()
        ]
        pods += [TechnicalPod(pod=pod.pod, power=power)] if power else []
    return msgspec.json.encode(
        TechnicalOutcome(
            market_type=outcome.market_type,
            duration=outcome.duration,
            interval=outcome.interval,
            start_time=outcome.start_time,
            market_outcome=outcome.market_outcome,
            flexibility=pods,
        )
    )
