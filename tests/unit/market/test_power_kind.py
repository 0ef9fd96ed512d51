"""Parts of messages and sessions by the kind of power: what stays, and what takes which form."""

from math import sqrt

import msgspec
import pytest
from tests.unit.market.market_case import ask, grid_limit, offer, session

from platone.kernel.errors import PlatoneError
from platone.market.domain.power_kind import (
    active_part,
    active_session,
    as_active,
    check_kinds,
    has_reactive,
    reactive_curves,
    reactive_part,
    reactive_session,
    told_as_reactive,
    with_reactive_limits,
)
from platone.market.domain.problem.outcome import RecordingInvalid
from platone.messages.clearing import ClearingRules, Product
from platone.messages.market import (
    AskedGroup,
    Flexibility,
    LeftOut,
    PowerKind,
    PowerPoint,
    RecordedService,
    RecordedSession,
)
from platone.messages.order import OrderTerms
from platone.messages.registry import MaxFlexibility, PointOfDelivery

KVAR = Product(least_volume_w=500)
BOTH = ClearingRules(product=Product(least_volume_w=300), reactive=KVAR)
TERMS = OrderTerms(least_share=0.5)


def kvar(pod: str, *points: tuple[int, float | None, float | None]) -> Flexibility:
    return Flexibility(
        pod=[pod],
        power=[
            PowerPoint(index=index, p=7.0, p_price=8.0, q=q, q_price=price)
            for index, q, price in points
        ],
        order=TERMS,
        power_kind=PowerKind.REACTIVE,
    )


def with_kvar(service: RecordedService, *entries: Flexibility) -> RecordedService:
    """A service with entries of reactive power before its own, and groups named by their place."""
    mine = [*entries, *service.flexibility]
    asked = tuple(AskedGroup(needs_kw=(float(place),)) for place in range(len(mine)))
    return msgspec.structs.replace(service, flexibility=mine, asked=asked)


MIXED = with_kvar(offer("P0", -5.0, 0.1), kvar("P0", (3, -2.0, 0.25), (4, 1.0, 0.0)))


def test_each_part_has_its_entries_and_their_groups() -> None:
    assert has_reactive(MIXED)
    active, reactive = active_part(MIXED), reactive_part(MIXED)
    assert active.flexibility == [MIXED.flexibility[1]]
    assert [each.needs_kw for each in active.asked] == [(1.0,)]
    assert [each.needs_kw for each in reactive.asked] == [(0.0,)]
    (entry,) = reactive.flexibility
    assert (entry.pod, entry.order, entry.power_kind) == (["P0"], TERMS, None)
    assert entry.power == [
        PowerPoint(index=3, p=-2.0, p_price=0.25),
        PowerPoint(index=4, p=1.0, p_price=0.0),
    ]
    assert (active.player_service_id, reactive.player_service_id) == ("offer-P0", "offer-P0")


def test_what_has_one_kind_only_has_no_part_of_the_other() -> None:
    plain = offer("P0", -5.0, 0.1)
    assert not has_reactive(plain)
    assert active_part(plain) is plain
    assert reactive_part(plain).flexibility == []
    told = msgspec.structs.replace(MIXED, asked=())
    assert (active_part(told).asked, reactive_part(told).asked) == ((), ())


def test_what_is_not_told_of_reactive_power_is_zero() -> None:
    (point,) = as_active(kvar("P0", (3, None, None))).power
    assert (point.p, point.p_price) == (0.0, 0.0)


def test_each_point_that_is_not_wholly_told_is_refused() -> None:
    made = with_kvar(
        offer("P0", -5.0, 0.1),
        kvar("P0", (3, None, 0.1), (4, 1.0, 0.1)),
        kvar("P0", (5, 0.0, None), (6, 0.0, 0.0)),
    )
    check_kinds(MIXED, BOTH)
    for rules, expected in (
        (BOTH, [("reactive-missing", 0, 3), ("reactive-missing", 1, 5)]),
        (
            ClearingRules(),
            [
                ("reactive-not-traded", 0, None),
                ("reactive-missing", 0, 3),
                ("reactive-not-traded", 1, None),
                ("reactive-missing", 1, 5),
            ],
        ),
    ):
        with pytest.raises(PlatoneError) as refused:
            check_kinds(made, rules)
        told = [refused.value, *refused.value.others]
        found = [(each.slug, each.fields["entry"], each.fields.get("index")) for each in told]
        assert found == expected


def test_active_power_before_reactive_does_not_hide_it() -> None:
    """The entries that are looked at are all of them."""
    made = msgspec.structs.replace(MIXED, flexibility=[*reversed(MIXED.flexibility)], asked=())
    with pytest.raises(PlatoneError) as refused:
        check_kinds(made, ClearingRules())
    assert refused.value.fields["entry"] == 1


def test_problems_of_reactive_power_say_so_and_stay_problems() -> None:
    first, second = RecordingInvalid("one", pod="P0"), RecordingInvalid("two")
    first.others = (second,)
    with pytest.raises(RecordingInvalid) as refused, told_as_reactive():
        raise first
    assert refused.value is first
    assert (first.fields, second.fields) == ({"pod": "P0", "powerKind": "Q"}, {"powerKind": "Q"})
    with told_as_reactive():
        pass


def test_limits_of_reactive_power_take_the_place_of_the_others() -> None:
    pod = PointOfDelivery(pod_id="P0", aggregator_id="AGG")
    assert with_reactive_limits(pod) is pod
    bounds = MaxFlexibility(upper_p=1.0, down_p=2.0, upper_q=3.0, down_q=4.0)
    found = with_reactive_limits(msgspec.structs.replace(pod, max_flexibility=bounds))
    assert found.max_flexibility == MaxFlexibility(upper_p=3.0, down_p=4.0)
    assert found.pod_id == "P0"


def test_reactive_power_follows_its_power_factor_but_where_it_was_traded() -> None:
    """At 0.8 a kW has 0.6/0.8 kvar; at 1, and where nothing is registered, none."""
    pods = {
        "P0": PointOfDelivery(pod_id="P0", aggregator_id="AGG", cos_phi=0.8),
        "P1": PointOfDelivery(pod_id="P1", aggregator_id="AGG", cos_phi=1.0),
        "P3": PointOfDelivery(pod_id="P3", aggregator_id="AGG"),
    }
    curves = {"P0": [4.0, -8.0, 2.0], "P1": [4.0], "P2": [5.0, 6.0], "P3": [9.0]}
    found = reactive_curves(curves, pods, {"P0": {1: 0.5}, "P2": {0: -1.0}, "P9": {0: 1.0}})
    assert found.keys() == curves.keys()
    assert found["P0"] == [3.0, 0.5, 1.5]
    assert (found["P1"], found["P2"]) == ([0.0], [-1.0, 0.0])
    assert found["P3"] == [pytest.approx(9 * sqrt(1 - 0.81) / 0.9, abs=1e-6)]


def recorded(rules: ClearingRules | None) -> RecordedSession:
    """An active request, an offer of both kinds and one of reactive power only."""
    only = with_kvar(offer("P1", -5.0, 0.1), kvar("P1", (3, 2.0, 0.5)))
    only = msgspec.structs.replace(only, flexibility=only.flexibility[:1], asked=only.asked[:1])
    made = session(
        ask("need", ["P0", "P1"], -3.0, 0.5),
        MIXED,
        only,
        rules=rules,
        limits=(grid_limit("line/1", {"P0": 1.0}, most=5.0),),
    )
    left = LeftOut(player_id="A", player_service_id="s", pod="P0", index=0, reason="notRegistered")
    first, second = made.pods
    pods = [msgspec.structs.replace(first, reactive_baseline=[9.0] * 96), second]
    return msgspec.structs.replace(made, pods=pods, left_out=(left,))


def names(told: RecordedSession) -> list[str]:
    return [each.player_service_id for each in told.flexibility_services]


def test_the_active_session_is_what_is_left_without_reactive_power() -> None:
    made = recorded(BOTH)
    found = active_session(made)
    assert names(found) == ["need", "offer-P0"]
    assert (found.rules, found.pods) == (made.rules, made.pods)
    assert (found.grid_limits, found.left_out) == (made.grid_limits, made.left_out)
    assert active_session(found) is found


def test_the_reactive_session_has_its_baselines_and_product_and_no_limits() -> None:
    found = reactive_session(recorded(BOTH))
    assert found is not None
    assert names(found) == ["offer-P0", "offer-P1"]
    assert [pod.power_baseline for pod in found.pods] == [[9.0] * 96, []]
    assert [pod.reactive_baseline for pod in found.pods] == [None, None]
    assert found.rules == ClearingRules(product=KVAR)
    assert (found.grid_limits, found.left_out) == ((), ())
    assert not any(has_reactive(each) for each in found.flexibility_services)


def test_without_reactive_power_there_is_no_such_session() -> None:
    assert reactive_session(session(offer("P0", -5.0, 0.1), rules=BOTH)) is None
    for rules in (None, ClearingRules()):
        with pytest.raises(RecordingInvalid):
            reactive_session(recorded(rules))
