"""What a point of delivery has to have to take part: each market asks for more than the last."""

import pytest

from platone.kernel.errors import PlatoneError
from platone.market.domain.condition import REGISTRATION_ONLY, Conditions
from platone.market.domain.problem.order import AgreementMissing, PodNotPlaced
from platone.market.domain.rejection import Rejection
from platone.messages.clearing import Participation
from platone.messages.registry import PointOfDelivery

BARE = PointOfDelivery(pod_id="BARE", aggregator_id="A")
PLACED = PointOfDelivery(pod_id="PLACED", aggregator_id="A", po_m_id="M")
AGREED = PointOfDelivery(pod_id="AGREED", aggregator_id="A", po_m_id="M")
OTHERS = PointOfDelivery(pod_id="AGREED", aggregator_id="B", po_m_id="M")
UNPLACED = PointOfDelivery(pod_id="UNPLACED", aggregator_id="A")
AGREEMENTS = {("A", "AGREED"), ("A", "UNPLACED")}


@pytest.mark.parametrize(
    ("needs", "missing"),
    [
        (Participation.REGISTERED, [None, None, None, None, None]),
        (
            Participation.PLACED,
            [Rejection.NOT_PLACED, None, None, None, Rejection.NOT_PLACED],
        ),
        (
            Participation.AGREED,
            [
                Rejection.NOT_PLACED,
                Rejection.NO_AGREEMENT,
                None,
                Rejection.NO_AGREEMENT,
                Rejection.NOT_PLACED,
            ],
        ),
    ],
)
def test_what_is_missing_is_named(needs: Participation, missing: list[Rejection | None]) -> None:
    conditions = Conditions(needs, AGREEMENTS)
    pods = [BARE, PLACED, AGREED, OTHERS, UNPLACED]
    assert [conditions.missing(pod) for pod in pods] == missing
    for pod, reason in zip(pods, missing, strict=True):
        if reason is None:
            conditions.check([pod])
        else:
            with pytest.raises(PlatoneError):
                conditions.check([pod])


def test_all_that_lack_something_are_told() -> None:
    with pytest.raises(PodNotPlaced) as refused:
        Conditions(Participation.AGREED, AGREEMENTS).check([AGREED, BARE, PLACED, OTHERS])
    assert refused.value.fields == {"pod": "BARE"}
    first, second = refused.value.others
    assert isinstance(first, AgreementMissing)
    assert first.fields == {"pod": "PLACED", "aggregatorId": "A"}
    assert second.fields == {"pod": "AGREED", "aggregatorId": "B"}


def test_a_market_that_chooses_nothing_asks_for_a_registration() -> None:
    REGISTRATION_ONLY.check([BARE, OTHERS])
    assert REGISTRATION_ONLY.needs is Participation.REGISTERED
