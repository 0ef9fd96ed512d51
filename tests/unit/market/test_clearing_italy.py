import msgspec
import pytest

from platone.market.domain.clearing import clear
from platone.market.domain.validation import validate
from platone.messages.base import MarketType
from platone.messages.market import RecordedSession
from platone.messages.outcome import (
    AcceptedPower,
    Cut,
    MarketOutcome,
    TechnicalOutcome,
    TechnicalPod,
    TechnicalPower,
)


def _by_pod(outcome: MarketOutcome) -> dict[str, AcceptedPower]:
    return {pod.pod: pod.power[0] for pod in outcome.flexibility}


def test_market_outcome_is_the_reports(italian_session: RecordedSession) -> None:
    found = _by_pod(clear(italian_session))

    assert set(found) == {"IT002E61899978", "IT002E60974469", "IT002E60550189"}
    assert found["IT002E61899978"].accepted_p_value == 1278.545
    assert found["IT002E60974469"].accepted_p_value == 4180.349299061132  # to the last digit
    assert found["IT002E60550189"].accepted_p_value == pytest.approx(342.128, abs=1e-9)
    assert {pod: power.accepted_p_price for pod, power in found.items()} == {
        "IT002E61899978": 0.03,
        "IT002E60974469": 0.03,
        "IT002E60550189": 0.07,
    }
    assert {pod: power.player_request_id for pod, power in found.items()} == {
        "IT002E61899978": "DSO",
        "IT002E60974469": "DSO",
        "IT002E60550189": "TSO",
    }


def test_changes_are_those_of_the_report(italian_session: RecordedSession) -> None:
    found = _by_pod(clear(italian_session))

    assert found["IT002E61899978"].accepted_p_change == -1000
    assert found["IT002E60974469"].accepted_p_change == pytest.approx(-376.740701, abs=1e-6)
    assert found["IT002E60550189"].accepted_p_change == pytest.approx(271.748, abs=1e-9)
    assert found["IT002E61899978"].rejection_type_p is None
    assert found["IT002E60974469"].rejection_type_p == "partlyNeeded"


def _technical(outcome: MarketOutcome) -> TechnicalOutcome:
    """D3.6 4.3.5: the extract that the DSO's platform sent."""
    totals_kw = {
        "IT002E61899978": 1278.545,
        "IT002E60974469": 4180.349299061132,
        "IT002E60550189": 207.6620935799721,
    }
    cut = Cut(element="12157-12149", kind="current", value=30.07, limit=19.60, unit="A")
    return TechnicalOutcome(
        market_type=MarketType.DAY_AHEAD,
        duration=24,
        interval=15,
        start_time=outcome.start_time,
        market_outcome=outcome.market_outcome,
        flexibility=[
            TechnicalPod(
                pod=pod,
                power=[
                    TechnicalPower(
                        index=50,
                        accepted_p_value=kw,
                        accepted_p="OK",
                        cuts=(cut,) if pod == "IT002E60550189" else (),
                    )
                ],
            )
            for pod, kw in totals_kw.items()
        ],
    )


def test_validated_outcome_is_the_reports(italian_session: RecordedSession) -> None:
    market = clear(italian_session)

    final = validate(market, _technical(market))

    powers = {pod.pod: pod.power[0] for pod in final.flexibility}
    assert {pod: power.accepted_p_value for pod, power in powers.items()} == {
        "IT002E61899978": 1278.545,
        "IT002E60974469": 4180.349299061132,
        "IT002E60550189": 207.6620935799721,
    }
    nanchino = powers["IT002E60550189"]
    assert nanchino.accepted_p_price == 0.07
    assert nanchino.accepted_p_change == pytest.approx(207.6620935799721 - 70.38, abs=1e-9)
    assert nanchino.rejection_type_p == "gridLimit"
    assert [cut.element for cut in nanchino.cuts] == ["12157-12149"]
    assert powers["IT002E61899978"].cuts == ()


def test_clearing_does_not_depend_on_the_order_of_the_lists(
    italian_session: RecordedSession,
) -> None:
    turned = msgspec.structs.replace(
        italian_session,
        pods=italian_session.pods[::-1],
        flexibility_services=italian_session.flexibility_services[::-1],
    )

    assert clear(turned) == clear(italian_session)
