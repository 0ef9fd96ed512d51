"""A market's own settings: what is traded, who is called, and who may send what."""

from datetime import timedelta

import pytest

from platone.market.domain.problem.order import ServiceNotAllowed
from platone.market.domain.rules import MarketRules
from platone.messages.clearing import ClearingRules, Participation, Product
from platone.messages.market import ServiceType


def test_a_market_that_chooses_nothing_is_the_field_tests() -> None:
    rules = MarketRules()
    assert (rules.zone, rules.days_ahead) == ("Europe/Rome", 2)
    assert (rules.dso_parties, rules.tso_parties) == (frozenset({"DSO"}), frozenset({"TSO"}))
    assert rules.payment_records_kept == timedelta(0)
    assert (rules.participation, rules.asks_qualification) == (Participation.REGISTERED, False)
    assert rules.product == rules.reactive == Product()


def test_each_kind_of_power_has_its_product() -> None:
    active, reactive = Product(least_volume_w=1_000), Product(least_volume_w=2_000)
    rules = MarketRules(clearing=ClearingRules(product=active, reactive=reactive))
    assert (rules.product, rules.reactive) == (active, reactive)


def test_platforms_are_called_that_are_served_here() -> None:
    assert MarketRules().calls_platform("ANYONE")
    some = MarketRules(served_here=frozenset({"A"}))
    assert some.calls_platform("A")
    assert not some.calls_platform("B")
    assert not MarketRules(served_here=frozenset()).calls_platform("A")


@pytest.mark.parametrize(
    ("party", "kind", "aggregates", "may"),
    [
        ("A", ServiceType.OFFER, True, True),
        ("A", ServiceType.OFFER, False, False),
        ("D1", ServiceType.DSO_REQUEST, False, True),
        ("D1", ServiceType.TSO_REQUEST, False, False),
        ("T1", ServiceType.TSO_REQUEST, False, True),
        ("T1", ServiceType.DSO_REQUEST, True, False),
        ("D1", ServiceType.OFFER, False, False),
    ],
)
def test_each_role_sends_its_kind(
    party: str, kind: ServiceType, *, aggregates: bool, may: bool
) -> None:
    rules = MarketRules(dso_parties=frozenset({"D1"}), tso_parties=frozenset({"T1"}))
    if may:
        rules.check_player(party, kind, aggregates=aggregates)
        return
    with pytest.raises(ServiceNotAllowed, match=f"{party} may not send {kind.value}") as refused:
        rules.check_player(party, kind, aggregates=aggregates)
    assert refused.value.fields == {"serviceType": kind.value}
