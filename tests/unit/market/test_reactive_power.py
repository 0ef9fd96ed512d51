"""Reactive power is cleared as the published active power was, beside it and apart from it."""

import msgspec
import pytest

from platone.market.domain.clearing import clear
from platone.market.domain.problem.order import ReactiveMissing, ReactiveNotTraded
from platone.market.domain.problem.outcome import OutcomeBeyondAccepted, OutcomeMismatch
from platone.market.domain.recording_check import check_recording
from platone.market.domain.validation import has_trades, validate
from platone.messages.clearing import ClearingRules, Product
from platone.messages.market import (
    Flexibility,
    PowerKind,
    PowerPoint,
    RecordedService,
    RecordedSession,
)
from platone.messages.outcome import (
    AcceptedPower,
    MarketOutcome,
    TechnicalOutcome,
    TechnicalPod,
    TechnicalPower,
)

RULES = ClearingRules(reactive=Product())
PUBLISHED = {  # D3.6 figure 46, kW: here kvar
    "IT002E61899978": (1278.545, 0.03, "DSO"),
    "IT002E60974469": (4180.349299061132, 0.03, "DSO"),
    "IT002E60550189": (342.128, 0.07, "TSO"),
}


def as_reactive(entry: Flexibility) -> Flexibility:
    power = [
        PowerPoint(index=point.index, p=0.0, p_price=0.0, q=point.p, q_price=point.p_price)
        for point in entry.power
    ]
    return msgspec.structs.replace(entry, power=power, power_kind=PowerKind.REACTIVE)


def both(session: RecordedSession, *, active: bool) -> RecordedSession:
    """The published session as one of reactive power, and of active power too where wanted."""

    def entries(service: RecordedService) -> list[Flexibility]:
        plain = service.flexibility if active else []
        return [*plain, *(as_reactive(entry) for entry in service.flexibility)]

    return msgspec.structs.replace(
        session,
        pods=[
            msgspec.structs.replace(pod, reactive_baseline=pod.power_baseline)
            for pod in session.pods
        ],
        flexibility_services=[
            msgspec.structs.replace(each, flexibility=entries(each))
            for each in session.flexibility_services
        ],
        rules=RULES,
    )


def reactive_lines(outcome: MarketOutcome) -> dict[str, AcceptedPower]:
    return {
        pod.pod: power
        for pod in outcome.flexibility
        for power in pod.power
        if power.accepted_q_value is not None
    }


def test_reactive_power_is_cleared_to_the_published_figures(
    italian_session: RecordedSession,
) -> None:
    session = both(italian_session, active=False)
    check_recording(session)
    outcome = clear(session)
    assert has_trades(outcome)
    found = reactive_lines(outcome)
    assert found.keys() == PUBLISHED.keys()
    for pod, (total, price, buyer) in PUBLISHED.items():
        power = found[pod]
        assert power.accepted_q_value == pytest.approx(total, abs=1e-9)
        assert (power.accepted_q_price, power.player_request_id) == (price, buyer)
        assert (power.accepted_p_value, power.accepted_p_change) == (None, None)
        assert power.rejection_type_p is None


def test_each_kind_is_cleared_as_if_the_other_were_not_there(
    italian_session: RecordedSession,
) -> None:
    alone = clear(italian_session)
    outcome = clear(both(italian_session, active=True))
    for pod in outcome.flexibility:
        active = [power for power in pod.power if power.accepted_q_value is None]
        (expected,) = [each for each in alone.flexibility if each.pod == pod.pod]
        assert active == expected.power
    only = clear(both(italian_session, active=False))
    assert reactive_lines(outcome) == reactive_lines(only)


def test_a_session_without_reactive_power_has_the_hashes_that_it_had(
    italian_session: RecordedSession,
) -> None:
    """The field is left out where nothing is told of it: what was hashed before stays so."""
    assert b"powerKind" not in msgspec.json.encode(clear(italian_session))
    with_rules = msgspec.structs.replace(italian_session, rules=RULES)
    assert clear(with_rules).flexibility == clear(italian_session).flexibility


def test_reactive_power_is_refused_where_it_is_not_traded_or_not_told(
    italian_session: RecordedSession,
) -> None:
    session = both(italian_session, active=False)
    with pytest.raises(ReactiveNotTraded):
        check_recording(msgspec.structs.replace(session, rules=None))
    service = session.flexibility_services[0]
    entry = service.flexibility[0]
    bare = [msgspec.structs.replace(point, q_price=None) for point in entry.power]
    broken = msgspec.structs.replace(entry, power=bare)
    session.flexibility_services[0] = msgspec.structs.replace(service, flexibility=[broken])
    with pytest.raises(ReactiveMissing):
        check_recording(session)


def _answer(outcome: MarketOutcome, **totals: float | None) -> TechnicalOutcome:
    return TechnicalOutcome(
        market_type=outcome.market_type,
        duration=outcome.duration,
        interval=15,
        start_time=outcome.start_time,
        market_outcome=outcome.market_outcome,
        flexibility=[
            TechnicalPod(
                pod=pod,
                power=[
                    TechnicalPower(
                        index=power.index,
                        accepted_p_value=0.0,
                        accepted_q_value=totals.get(pod, power.accepted_q_value),
                    )
                ],
            )
            for pod, power in reactive_lines(outcome).items()
        ],
    )


def test_the_grid_cuts_reactive_power_towards_its_baseline(
    italian_session: RecordedSession,
) -> None:
    outcome = clear(both(italian_session, active=False))
    pod = "IT002E60550189"
    final = validate(outcome, _answer(outcome, **{pod: 207.6620935799721}))
    (power,) = [line for each in final.flexibility if each.pod == pod for line in each.power]
    assert power.accepted_q_value == 207.6620935799721
    assert power.accepted_q_change == pytest.approx(137.282, abs=1e-3)  # D3.6 4.3.5
    assert (power.rejection_type_q, power.accepted_q_price) == ("gridLimit", 0.07)
    with pytest.raises(OutcomeBeyondAccepted):
        validate(outcome, _answer(outcome, **{pod: 400.0}))
    with pytest.raises(OutcomeMismatch):
        validate(outcome, _answer(outcome, **{pod: None}))
