"""Offers of groups: the parts sum to what was offered, and none passes what its PoD allows."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platone.market.domain.offered_group import (
    Basis,
    check_group_terms,
    names_group,
    part_groups,
)
from platone.market.domain.problem.order import OrderTermsInvalid
from platone.messages.market import (
    Flexibility,
    FlexibilityService,
    PowerKind,
    PowerPoint,
    ServiceType,
)
from platone.messages.order import OrderTerms
from platone.messages.registry import MaxFlexibility, PointOfDelivery

PODS = ["POD-A", "POD-B", "POD-C"]


def offer(*entries: Flexibility) -> FlexibilityService:
    return FlexibilityService(
        player_id="AGG",
        service_type=ServiceType.OFFER,
        player_service_id="o",
        flexibility=list(entries),
    )


def basis(
    baselines: list[float], rooms: list[tuple[float, float] | None], *, is_linked: bool = False
) -> Basis:
    pods = {
        name: PointOfDelivery(
            pod_id=name,
            aggregator_id="AGG",
            max_flexibility=None
            if room is None
            else MaxFlexibility(upper_p=room[0], down_p=room[1], upper_q=room[1], down_q=room[0]),
        )
        for name, room in zip(PODS, rooms, strict=True)
    }
    curves = {name: [kw] for name, kw in zip(PODS, baselines, strict=True)}
    return Basis({"POM": PODS}, pods, curves, curves, is_linked)


def group(total: float, terms: OrderTerms | None = None) -> Flexibility:
    return Flexibility(pom="POM", power=[PowerPoint(index=0, p=total, p_price=0.1)], order=terms)


def totals(parts: list[Flexibility]) -> dict[str, float]:
    return {part.pod[0]: part.power[0].p for part in parts if part.pod is not None}


def test_a_change_is_parted_in_proportion_to_the_room() -> None:
    """40 kW less, of which one may go 30, one 10 and one not at all."""
    rooms = [(0.0, 30.0), (0.0, 10.0), (50.0, 0.0)]
    found = totals(part_groups(offer(group(260.0)), basis([100.0] * 3, [*rooms])))
    assert found == {"POD-A": 70.0, "POD-B": 90.0}  # who cannot move takes no part
    more = totals(part_groups(offer(group(325.0)), basis([100.0] * 3, [*rooms])))
    assert more == {"POD-C": 125.0}
    none = totals(part_groups(offer(group(300.0)), basis([100.0] * 3, [*rooms])))
    assert none == dict.fromkeys(PODS, 100.0)  # and is refused, as it changes nothing


def test_without_limits_all_have_equal_parts() -> None:
    found = totals(part_groups(offer(group(270.0)), basis([100.0] * 3, [(9, 9), None, (1, 1)])))
    assert found == {"POD-A": 90.0, "POD-B": 90.0, "POD-C": 90.0}


@given(
    st.lists(st.floats(-1e4, 1e4), min_size=3, max_size=3),
    st.lists(st.tuples(st.floats(0, 1e3), st.floats(0, 1e3)), min_size=3, max_size=3),
    st.floats(-1, 1),
)
def test_parts_sum_to_the_offer_and_keep_the_limits(
    baselines: list[float], rooms: list[tuple[float, float]], share: float
) -> None:
    room = sum(each[0 if share > 0 else 1] for each in rooms)
    total = math.fsum(baselines) + share * room
    found = totals(part_groups(offer(group(total)), basis(baselines, [*rooms])))
    still = {name: kw for name, kw in zip(PODS, baselines, strict=True) if name not in found}
    assert math.fsum([*found.values(), *still.values()]) == pytest.approx(total, abs=1e-6)
    for name, before, (up, down) in zip(PODS, baselines, rooms, strict=True):
        if room > 1e-3:
            assert before - down - 1e-6 <= found.get(name, before) <= before + up + 1e-6


def test_parts_are_one_block_where_linked_orders_are_traded() -> None:
    linked = basis([100.0] * 3, [None] * 3, is_linked=True)
    plain = Flexibility(pod=["POD-A"], power=[PowerPoint(index=0, p=1.0, p_price=0.1)])
    first, *parts = part_groups(offer(plain, group(270.0, OrderTerms(least_share=1.0))), linked)
    assert first is plain
    assert [part.order for part in parts] == [OrderTerms(block="group-1", least_share=1.0)] * 3
    (named, *_) = part_groups(offer(group(270.0, OrderTerms(block="mine"))), linked)
    assert named.order == OrderTerms(block="mine")


def test_reactive_power_is_parted_by_its_own_limits() -> None:
    power = [PowerPoint(index=0, p=0.0, p_price=0.0, q=260.0, q_price=0.1)]
    entry = Flexibility(pod=PODS, power=power, power_kind=PowerKind.REACTIVE)
    rooms = [(30.0, 0.0), (10.0, 0.0), (0.0, 50.0)]  # up_p and up_q are each other's
    parts = part_groups(offer(entry), basis([100.0] * 3, [*rooms]))
    assert [part.power[0].q for part in parts] == [70.0, 90.0]
    assert {part.power_kind for part in parts} == {PowerKind.REACTIVE}


def test_a_bound_of_energy_is_of_one_point_of_delivery() -> None:
    assert names_group(offer(group(1.0)))
    with pytest.raises(OrderTermsInvalid):
        check_group_terms(offer(group(1.0, OrderTerms(most_energy_kwh=1.0))))
