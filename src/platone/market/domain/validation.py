"""The final trades, from the market's outcome and the grid's answer (flows 3 to 5).

Validation may cut a PoD's total towards its baseline, never beyond what was accepted. Where a PoD
has several trades in a quarter-hour, the one served last is cut first: the DSO's own trades stand
longest. A trade that is cut keeps its price; its rejection type is then ``gridLimit``, with the
limits that stand against it.

The trades of a linked order (``linked``) stand or fall together: where the grid cuts one of them,
all fall, since a block that is asked for in part cannot be delivered.

Trades of reactive power are judged by the same rules, apart, by the grid's answer about them.
"""

import hashlib
from collections.abc import Mapping, Sequence

import msgspec

from platone.kernel.canonical import canonical_parts
from platone.market.domain.decision import DUST_KW
from platone.market.domain.problem.outcome import OutcomeBeyondAccepted, OutcomeMismatch
from platone.market.domain.reactive_outcome import (
    as_active_line,
    as_reactive,
    is_reactive_line,
    reactive_trades,
)
from platone.market.domain.rejection import Rejection
from platone.messages.outcome import (
    AcceptedPower,
    Cut,
    MarketOutcome,
    PodOutcome,
    TechnicalOutcome,
    TechnicalPower,
    ValidatedOutcome,
    ValidatedPod,
    ValidatedPower,
)

TOLERANCE_KW = 1e-6
"""Differences below this come from rounding on the way, and are set right."""

Spot = tuple[str, int]
"""A PoD and a quarter-hour."""
Order = tuple[str, str, str]
"""A linked order: the party, its offer, and the order's name in it."""


def trades_by_index(pod: PodOutcome | ValidatedPod) -> dict[int, list[AcceptedPower]]:
    """Return the trades of a PoD by quarter-hour, in the order they were made."""
    found: dict[int, list[AcceptedPower]] = {}
    for power in pod.power:
        if power.accepted_p_value is not None:
            found.setdefault(power.index, []).append(power)
    return found


def trades_by_spot(outcome: MarketOutcome | ValidatedOutcome) -> dict[Spot, list[AcceptedPower]]:
    """Return the trades of an outcome by PoD and quarter-hour, in the order they were made."""
    return {
        (pod.pod, index): trades
        for pod in outcome.flexibility
        for index, trades in trades_by_index(pod).items()
    }


def has_trades(outcome: MarketOutcome | ValidatedOutcome) -> bool:
    """Return whether anything was traded at all."""
    return any(
        power.accepted_p_value is not None or power.accepted_q_value is not None
        for pod in outcome.flexibility
        for power in pod.power
    )


def validate(market: MarketOutcome, technical: TechnicalOutcome) -> ValidatedOutcome:
    """Return the final trades.

    Raises:
        OutcomeMismatch: The technical outcome is not about the same trades.
        OutcomeBeyondAccepted: It goes beyond what the market accepted.
    """
    trades = trades_by_spot(market)
    reactive = {
        spot: [as_active_line(each) for each in its]
        for spot, its in reactive_trades(market).items()
    }
    answers = _answers(market, technical, (trades, reactive))
    finals = {spot: _cut_spot(spot, its, answers[spot]) for spot, its in trades.items()}
    of_reactive = {
        spot: _cut_spot(spot, its, _of_reactive(spot, answers[spot]))
        for spot, its in reactive.items()
    }
    final = _form(market, _fall_together(trades, finals), _fall_together(reactive, of_reactive))
    for table in (trades, answers, finals):
        while table:  # freed in one call, a million of them would let nobody else run
            table.popitem()
    return final


def validate_as_cleared(market: MarketOutcome) -> ValidatedOutcome:
    """Return the final form of an outcome of which nothing is cut."""
    return _form(market, {}, {})


def _fall_together(
    trades: Mapping[Spot, Sequence[AcceptedPower]], finals: Mapping[Spot, list[ValidatedPower]]
) -> dict[Spot, list[ValidatedPower]]:
    """Return the final trades without the linked orders of which anything is cut."""
    cuts: dict[Order, tuple[Cut, ...]] = {}
    for spot, powers in finals.items():
        for trade, final in zip(trades[spot], powers, strict=True):
            order = _order(trade)
            if order is not None and final.accepted_p_change != trade.accepted_p_change:
                cuts[order] = tuple(dict.fromkeys((*cuts.get(order, ()), *final.cuts)))
    if not cuts:
        return dict(finals)
    return {spot: _without(powers, trades[spot], cuts) for spot, powers in finals.items()}


def _without(
    powers: Sequence[ValidatedPower],
    trades: Sequence[AcceptedPower],
    cuts: Mapping[Order, tuple[Cut, ...]],
) -> list[ValidatedPower]:
    """Return the final trades of a spot without those of some linked orders."""
    fallen = [_order(power) in cuts for power in powers]
    if not any(fallen):
        return list(powers)
    left_kw = [
        0.0 if falls else power.accepted_p_change or 0.0
        for power, falls in zip(powers, fallen, strict=True)
    ]
    baseline_kw = (trades[0].accepted_p_value or 0.0) - sum(
        trade.accepted_p_change or 0.0 for trade in trades
    )
    total_kw = baseline_kw + sum(left_kw)
    return [
        _cut(power, total_kw, change_kw, cuts.get(_order(power) or ("", "", ""), power.cuts))
        for power, change_kw in zip(powers, left_kw, strict=True)
    ]


def _order(power: AcceptedPower) -> Order | None:
    if power.linked is None:
        return None
    return power.player_offer_id, power.player_service_id, power.linked


def refuse_all(market: MarketOutcome, reason: Rejection) -> ValidatedOutcome:
    """Return the final form of an outcome of which nothing is activated, with the reason."""
    nothing = {
        "accepted_p_value": None,
        "accepted_p_price": None,
        "accepted_p_change": None,
        "rejection_type_p": reason.value,
    }

    def refused(trades: Sequence[AcceptedPower]) -> list[ValidatedPower]:
        return [ValidatedPower(**msgspec.structs.asdict(trade) | nothing) for trade in trades]

    finals = {spot: refused(trades) for spot, trades in trades_by_spot(market).items()}
    reactive = {
        spot: refused([as_active_line(each) for each in trades])
        for spot, trades in reactive_trades(market).items()
    }
    return _form(market, finals, reactive)


def _form(
    market: MarketOutcome,
    finals: Mapping[Spot, Sequence[ValidatedPower]],
    reactive: Mapping[Spot, Sequence[ValidatedPower]],
) -> ValidatedOutcome:
    """Return an outcome with its final trades; those of reactive power come as active ones."""
    flexibility = []
    for pod in market.flexibility:
        power: list[ValidatedPower] = []
        told: set[tuple[int, bool]] = set()
        for each in pod.power:
            is_reactive = is_reactive_line(each)
            spot_finals = (reactive if is_reactive else finals).get((pod.pod, each.index))
            if spot_finals is None:
                power.append(_final(each))
            elif (each.index, is_reactive) not in told:
                told.add((each.index, is_reactive))
                power.extend(map(as_reactive, spot_finals) if is_reactive else spot_finals)
        flexibility.append(ValidatedPod(pod=pod.pod, power=power))
    digest = hashlib.sha256()
    for text in canonical_parts(flexibility):
        digest.update(text)
    return ValidatedOutcome(
        market_outcome=market.market_outcome,
        market_type=market.market_type,
        start_time=market.start_time,
        duration=market.duration,
        interval=market.interval,
        output_hash=digest.hexdigest(),
        certification_id=f"validatedOutcome-{market.market_outcome}",
        flexibility=flexibility,
    )


def _answers(
    market: MarketOutcome, technical: TechnicalOutcome, trades: Sequence[Mapping[Spot, object]]
) -> dict[Spot, TechnicalPower]:
    same = (
        technical.market_outcome == market.market_outcome
        and technical.market_type is market.market_type
        and technical.start_time == market.start_time
        and technical.duration == market.duration
        and technical.interval == market.interval
    )
    if not same:
        raise OutcomeMismatch("Identifier, kind, start or duration are not the market outcome's.")
    answers: dict[Spot, TechnicalPower] = {}
    for pod in technical.flexibility:
        for power in pod.power:
            if (pod.pod, power.index) in answers:
                raise _mismatch("is answered twice", (pod.pod, power.index))
            answers[pod.pod, power.index] = power
    wrong = [spot for spot in answers if not any(spot in kind for kind in trades)]
    # step by step: others have turns
    wrong += [spot for kind in trades for spot in kind if spot not in answers]
    if wrong:
        spot = min(wrong)
        raise _mismatch("has no trade" if spot in answers else "has no answer", spot)
    return answers


def _of_reactive(spot: Spot, answer: TechnicalPower) -> TechnicalPower:
    """Return the grid's answer about reactive power in the form of that about active power."""
    if answer.accepted_q_value is None:
        raise _mismatch("has no answer about its reactive power", spot)
    return msgspec.structs.replace(
        answer, accepted_p_value=answer.accepted_q_value, accepted_p=answer.accepted_q
    )


def _mismatch(what: str, spot: Spot) -> OutcomeMismatch:
    pod, index = spot
    return OutcomeMismatch(f"{pod} at index {index} {what}.", pod=pod, index=index)


def _cut_spot(
    spot: Spot, trades: Sequence[AcceptedPower], answer: TechnicalPower
) -> list[ValidatedPower]:
    """Reduce the trades of a PoD in a quarter-hour to what the grid can take."""
    accepted_kw = trades[0].accepted_p_value or 0.0
    changes_kw = [trade.accepted_p_change or 0.0 for trade in trades]
    baseline_kw = accepted_kw - sum(changes_kw)
    total_kw = _checked_total_kw(spot, baseline_kw, accepted_kw, answer)
    over_kw = abs(accepted_kw - total_kw)
    if over_kw <= DUST_KW:
        return [_final(trade) for trade in trades]
    kept: list[float] = []
    for change_kw in reversed(changes_kw):
        cut_kw = min(abs(change_kw), over_kw)
        over_kw -= cut_kw
        left_kw = change_kw - cut_kw if change_kw > 0 else change_kw + cut_kw
        kept.append(left_kw if abs(left_kw) > DUST_KW else 0.0)
    return [
        _cut(trade, total_kw, change_kw, answer.cuts)
        for trade, change_kw in zip(trades, reversed(kept), strict=True)
    ]


def _checked_total_kw(
    spot: Spot, baseline_kw: float, accepted_kw: float, answer: TechnicalPower
) -> float:
    """Return the grid's total; the accepted value or the baseline exactly where that near."""
    least_kw, most_kw = sorted((baseline_kw, accepted_kw))
    total_kw = answer.accepted_p_value
    refused = answer.accepted_p == "NOK" and abs(total_kw - baseline_kw) > TOLERANCE_KW
    if refused or not least_kw - TOLERANCE_KW <= total_kw <= most_kw + TOLERANCE_KW:
        pod, index = spot
        raise OutcomeBeyondAccepted(
            f"{pod} at index {index}: {total_kw} kW ({answer.accepted_p}) is not between the "
            f"baseline of {baseline_kw} and the accepted {accepted_kw} kW.",
            pod=pod,
            index=index,
            baselineKw=baseline_kw,
            acceptedKw=accepted_kw,
        )
    for exact_kw in (accepted_kw, baseline_kw):
        if abs(total_kw - exact_kw) <= TOLERANCE_KW:
            return exact_kw
    return total_kw


def _final(power: AcceptedPower) -> ValidatedPower:
    return ValidatedPower(**msgspec.structs.asdict(power))


def _cut(
    trade: AcceptedPower, total_kw: float, change_kw: float, cuts: tuple[Cut, ...]
) -> ValidatedPower:
    """Return a trade after a cut; one that is cut wholly is told as a rejection."""
    fields = msgspec.structs.asdict(trade)
    if change_kw == 0.0:
        fields |= {"accepted_p_value": None, "accepted_p_price": None, "accepted_p_change": None}
    else:
        fields |= {"accepted_p_value": total_kw, "accepted_p_change": change_kw}
    if change_kw != trade.accepted_p_change:
        fields |= {"rejection_type_p": Rejection.GRID_LIMIT.value, "cuts": cuts}
    return ValidatedPower(**fields)
