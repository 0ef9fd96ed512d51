"""Which terms an offer and a request may have, what is used once, and what notes are taken."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from platone.kernel.errors import PlatoneError
from platone.market.domain.asked_group import asked_groups
from platone.market.domain.order_columns import OrderColumns
from platone.market.domain.order_terms import (
    check_linked_kinds,
    check_offered_once,
    check_terms,
    place_of,
    used_indices,
)
from platone.market.domain.problem.order import (
    DuplicateIndex,
    LinkedOrderNotTraded,
    OrderTermsInvalid,
)
from platone.market.domain.submission import check_entries
from platone.messages.clearing import ClearingRules
from platone.messages.market import (
    Flexibility,
    FlexibilityService,
    PowerKind,
    PowerPoint,
    ServiceType,
)
from platone.messages.order import OrderTerms, Rebound

LINKED = ClearingRules(linked_orders=True)
OFFER, REQUEST = ServiceType.OFFER, ServiceType.DSO_REQUEST


def entry(pod: str, *indices: int, kind: PowerKind | None = None, **terms: Any) -> Flexibility:
    return Flexibility(
        pod=[pod],
        power=[PowerPoint(index=index, p=1.0 + index, p_price=0.1) for index in indices],
        order=OrderTerms(**terms) if terms else None,
        power_kind=kind,
    )


def service(*entries: Flexibility, kind: ServiceType = OFFER) -> FlexibilityService:
    return FlexibilityService(
        player_id="A", service_type=kind, player_service_id="mine", flexibility=list(entries)
    )


def refused(*entries: Flexibility, kind: ServiceType = OFFER) -> list[dict[str, object]]:
    with pytest.raises(PlatoneError) as found:
        check_terms(service(*entries, kind=kind), LINKED)
    assert isinstance(found.value, OrderTermsInvalid)
    return [each.fields for each in (found.value, *found.value.others)]


@pytest.mark.parametrize(
    ("kind", "terms"),
    [
        (OFFER, {"least_share": 0.5}),
        (OFFER, {"block": "b", "least_share": 1.0, "option_of": "c"}),
        (OFFER, {"most_energy_kwh": 2.0, "rebound": Rebound(after=4, share=0.5)}),
        (REQUEST, {"block": "b", "least_share": 0.5}),
        (REQUEST, {"least_kw": 5.0}),
    ],
)
def test_terms_of_each_kind_are_taken(kind: ServiceType, terms: dict[str, Any]) -> None:
    check_terms(service(entry("P1", 3, **terms), entry("P2", 3), kind=kind), LINKED)


@pytest.mark.parametrize(
    ("kind", "terms"),
    [
        (OFFER, {"least_kw": 5.0}),
        (REQUEST, {"option_of": "c"}),
        (REQUEST, {"most_energy_kwh": 2.0}),
        (REQUEST, {"rebound": Rebound(after=4, share=0.5)}),
    ],
)
def test_terms_of_the_other_kind_are_refused(kind: ServiceType, terms: dict[str, Any]) -> None:
    where = {"entry": 1, "pod": "P2"}
    assert refused(entry("P1", 3), entry("P2", 3, **terms), kind=kind) == [where]


def test_a_market_without_linked_orders_takes_no_terms() -> None:
    check_terms(service(entry("P1", 3)), ClearingRules())
    with pytest.raises(LinkedOrderNotTraded) as found:
        check_terms(service(entry("P1", 3, least_share=0.5)), ClearingRules())
    assert found.value.fields == {"entry": 0, "pod": "P1"}


def test_a_block_has_one_least_share_and_one_choice() -> None:
    same: dict[str, Any] = {"block": "b", "least_share": 0.5, "option_of": "c"}
    check_terms(service(entry("P1", 3, **same), entry("P2", 3, **same)), LINKED)
    others: list[dict[str, Any]] = [{"least_share": 0.6}, {"option_of": "d"}, {"least_share": None}]
    for other in others:
        fields = refused(entry("P1", 3, **same), entry("P2", 3, **(same | other)))
        assert fields == [{"entry": 1, "pod": "P2", "block": "b"}]
    apart = entry("P2", 3, **(same | {"block": "other", "least_share": 0.6}))
    check_terms(service(entry("P1", 3, **same), apart), LINKED)


@pytest.mark.parametrize("name", ["block", "option_of"])
def test_what_is_linked_is_of_one_kind_of_power(name: str) -> None:
    def check(first: PowerKind | None, second: PowerKind | None, other: str = "x") -> None:
        linked = (
            entry("P1", 3, kind=first, **{name: "x"}),
            entry("P2", 3, kind=second, **{name: other}),
        )
        whole = service(*linked, entry("P3", 3))
        check_linked_kinds(whole)
        check_entries(OrderColumns(whole))

    check(None, PowerKind.ACTIVE)
    check(PowerKind.REACTIVE, PowerKind.REACTIVE)
    check(PowerKind.REACTIVE, None, "y")
    for mixed in ((None, PowerKind.REACTIVE), (PowerKind.REACTIVE, PowerKind.ACTIVE)):
        with pytest.raises(OrderTermsInvalid) as found:
            check(*mixed)
        assert found.value.fields == {"entry": 1, "name": "x"}
        apart = (entry(f"P{at}", 3, kind=kind, **{name: "x"}) for at, kind in enumerate(mixed))
        with pytest.raises(OrderTermsInvalid, match="of active and of reactive power"):
            check_entries(OrderColumns(service(*apart)))


def test_a_quarter_hour_is_offered_once_but_in_options_of_one_choice() -> None:
    later: dict[str, Any] = {"rebound": Rebound(after=2, share=1.0)}
    for once in (
        [entry("P1", 3, 4), entry("P2", 3)],
        [entry("P1", 3, **later), entry("P1", 4)],
        [entry("P1", 3, option_of="c"), entry("P1", 3, option_of="c")],
        [entry("P1", 3, block="b", option_of="c"), entry("P1", 3, block="d", option_of="c")],
    ):
        check_offered_once(OrderColumns(service(*once)))
    for twice in (
        [entry("P1", 3, 3)],
        [entry("P1", 3), entry("P1", 3)],
        [entry("P1", 1, **later), entry("P1", 3)],
        [entry("P1", 3, option_of="c"), entry("P1", 3, option_of="d")],
        [entry("P1", 3, option_of="c"), entry("P1", 3)],
        [entry("P1", 3, block="b", option_of="c"), entry("P1", 3, block="b", option_of="c")],
    ):
        with pytest.raises(DuplicateIndex) as found:
            check_offered_once(OrderColumns(service(*twice)))
        assert found.value.fields == {"pod": "P1", "index": 3}


def test_an_entry_has_its_place_and_uses_when_it_comes_back() -> None:
    assert place_of(4, None) == (None, 4)
    assert place_of(4, OrderTerms(option_of="c")) == ("c", 4)
    assert place_of(4, OrderTerms(block="b", option_of="c")) == ("c", "b")
    assert list(used_indices(entry("P1", 3, 7))) == [3, 7]
    moved = entry("P1", 3, 7, rebound=Rebound(after=2, share=1.0))
    assert list(used_indices(moved)) == [3, 5, 7, 9]


def test_curves_are_laid_in_rows_by_name_whichever_were_asked_before() -> None:
    order = OrderColumns(service(entry("P2", 3), entry("P1", 3), entry("P2", 4)))
    first: Mapping[str, Sequence[float]] = {"P1": [1.0, 2.0], "P2": [3.0] * 101}
    second = {"P2": [4.0]}
    for curves, p2, p1 in ((first, 3.0, 1.0), (first, 3.0, 1.0), (second, 4.0, np.nan)) * 2:
        table = order.table(curves)
        assert table.shape == (2, 100)
        assert np.array_equal(table[:, 0], [p2, p1], equal_nan=True)
    assert np.isnan(order.table(first)[1, 2:]).all()
    assert order.lengths.tolist() == [1, 1, 1]
    assert (order.pod.tolist(), order.index.tolist()) == ([0, 1, 0], [3, 3, 4])


def test_a_request_notes_its_group_and_need_of_its_own_kind_of_power() -> None:
    point = PowerPoint(index=1, p=12.0, p_price=0.1, q=-3.0)
    nothing = PowerPoint(index=0, p=5.0, p_price=0.1)
    request = service(
        Flexibility(pod=["B", "A"], power=[point]),
        Flexibility(pom="M", power=[point, nothing], power_kind=PowerKind.REACTIVE),
        kind=REQUEST,
    )
    schedules = {"A": [0.0, 1.0], "B": [0.0, 2.0], "C": [9.0, 9.0]}
    reactive = {"A": [4.0, 8.0], "C": [1.0, 16.0]}
    first, second = asked_groups(request, {"M": {"C", "A"}}, schedules, reactive)
    assert (first.pods, first.needs_kw) == ((), (9.0,))
    assert (second.pods, second.needs_kw) == (("A", "C"), (-27.0, -5.0))
