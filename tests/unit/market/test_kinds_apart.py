"""What it costs that terms link entries of one kind of power, and durations clear them apart.

The figures are those of decision 0076, worked out there by hand.
"""

import msgspec
import pytest
from tests.unit.market.market_case import ask, session
from tests.unit.market.test_joint_kinds import both_offer, clear_both

from platone.market.domain.clearing import clear
from platone.messages.clearing import ClearingRules, GridLimit, Method, PodEffect, Product
from platone.messages.market import Flexibility, PowerKind, PowerPoint, RecordedService
from platone.messages.order import OrderTerms
from platone.messages.outcome import MarketOutcome

LINKED = ClearingRules(method=Method.LEAST_COST, reactive=Product(), linked_orders=True)
WHOLE = OrderTerms(block="run", least_share=1.0)


def offered(kw_price: float, kvar_price: float) -> RecordedService:
    """A machine's 40 kW and 30 kvar less, as one block of both kinds."""
    made = both_offer("POD1", -40.0, kw_price, -30.0, kvar_price)
    entries = [msgspec.structs.replace(each, order=WHOLE) for each in made.flexibility]
    return msgspec.structs.replace(made, flexibility=entries)


def asked(kw_limit: float, kvar_limit: float) -> RecordedService:
    """What is worth having of both, in one request."""
    made = ask("need", ["POD1"], -40.0, kw_limit)
    point = PowerPoint(index=0, p=0.0, p_price=0.0, q=-30.0, q_price=kvar_limit)
    entry = Flexibility(pod=["POD1"], power=[point], power_kind=PowerKind.REACTIVE)
    return msgspec.structs.replace(made, flexibility=[*made.flexibility, entry])


def traded(outcome: MarketOutcome) -> tuple[float, float]:
    """The kW and kvar that are sold less."""
    powers = [power for pod in outcome.flexibility for power in pod.power]
    return (
        -sum(each.accepted_p_change or 0.0 for each in powers),
        -sum(each.accepted_q_change or 0.0 for each in powers),
    )


def machine(kw_price: float, kvar_price: float) -> tuple[float, float]:
    made = session(asked(0.035, 0.040), offered(kw_price, kvar_price), rules=LINKED)
    pods = [msgspec.structs.replace(pod, reactive_baseline=[0.0] * 96) for pod in made.pods]
    return traded(clear(msgspec.structs.replace(made, pods=pods)))


def test_a_start_that_both_kinds_share_is_sold_by_neither_or_at_a_risk() -> None:
    """0.02 for a kWh or kvarh and 0.20 a start: 0.55 EUR for what is worth 0.65."""
    assert machine(0.02 + 0.20 / 10, 0.02 + 0.20 / 7.5) == pytest.approx((0.0, 0.0))
    assert machine(0.030, 0.020 + 0.10 / 7.5) == pytest.approx((40.0, 30.0))
    # by the same split, where reactive power is worth less: one kind alone has half of the start
    made = session(asked(0.035, 0.030), offered(0.030, 0.020 + 0.10 / 7.5), rules=LINKED)
    pods = [msgspec.structs.replace(pod, reactive_baseline=[0.0] * 96) for pod in made.pods]
    assert traded(clear(msgspec.structs.replace(made, pods=pods))) == pytest.approx((40.0, 0.0))


@pytest.mark.parametrize(
    ("product", "kw", "kvar", "eur_an_hour"),
    [(Product(), 20.0, 40.0, 2.2), (Product(most_quarter_hours=96), 100.0, 0.0, 3.0)],
)
def test_where_durations_are_bounded_a_kvar_lifts_no_voltage(
    product: Product, kw: float, kvar: float, eur_an_hour: float
) -> None:
    """A bound that binds nowhere makes the relief of a voltage a third dearer."""
    told = [PodEffect(pod="POD1", effect=-1.0, reactive_effect=-2.0)]
    limit = GridLimit(
        player_id="DSO", element="bus/1", index=0, unit="pu", least=100.0, price=1.0, effects=told
    )
    rules = ClearingRules(method=Method.LEAST_COST, product=product, reactive=Product())
    offers = both_offer("POD1", -120.0, 0.03, -40.0, 0.04)
    bought = traded(clear_both(offers, limits=(limit,), rules=rules))
    assert bought == pytest.approx((kw, kvar))
    assert bought[0] * 0.03 + bought[1] * 0.04 == pytest.approx(eur_an_hour)
