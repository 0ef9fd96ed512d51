"""Whatever is sent in whatever order, ownership and history hold."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platone.customers.domain.pod import Registration, associate, end, register
from platone.customers.domain.problem import PodEnded, UnknownPod
from platone.kernel.errors import DuplicateIdentifier, NotOwner, PlatoneError
from platone.messages.registry import PointOfDelivery

START = datetime(2021, 6, 22, 22, tzinfo=UTC)

messages = st.builds(
    lambda owner, action, power: PointOfDelivery(
        pod_id="POD-1", aggregator_id=owner, action_type=action, pn_p=power, po_m_id="FOREIGN"
    ),
    st.sampled_from(["A", "B"]),
    st.sampled_from(["activate", "modify", "delete"]),
    st.sampled_from([1.0, 2.0]),
)


@given(st.lists(messages, max_size=12))
def test_a_history_of_messages(sent: list[PointOfDelivery]) -> None:
    known: Registration | None = None
    for now_s, message in enumerate(sent, start=1):
        try:
            after = register(message, known, message.aggregator_id, now_s)
        except PlatoneError:
            continue
        if after is None:
            assert known is not None
            assert known.pod.aggregator_id == message.aggregator_id
            continue
        assert after.version == (known.version if known else 0) + 1
        is_taken = known is not None and known.pod.aggregator_id != after.pod.aggregator_id
        if is_taken:  # only what has ended passes to another
            assert known is not None
            assert known.ended_s is not None
            assert after.owned_from_s == now_s
        assert (after.ended_s is not None) == (message.action_type == "delete")
        assert after.pod.po_m_id is None
        known = after
        again = register(message, known, message.aggregator_id, now_s)
        assert again is None


def test_the_point_of_measurement_outlives_changes_of_the_aggregator() -> None:
    pod = PointOfDelivery(pod_id="POD-1", aggregator_id="A")
    first = register(pod, None, "A", 1)
    assert first is not None
    fed = associate(first, "CP-IRLANDESE")
    assert fed is not None
    assert associate(fed, "CP-IRLANDESE") is None
    changed = PointOfDelivery(
        pod_id="POD-1", aggregator_id="A", action_type="modify", pn_p=4.0, po_m_id="X"
    )
    after = register(changed, fed, "A", 2)
    assert after is not None
    assert (after.pod.po_m_id, after.pod.pn_p, after.version) == ("CP-IRLANDESE", 4.0, 3)


def test_another_party_or_other_content_is_refused() -> None:
    pod = PointOfDelivery(pod_id="POD-1", aggregator_id="A")
    known = register(pod, None, "A", 1)
    with pytest.raises(NotOwner):
        register(pod, known, "B", 2)
    with pytest.raises(DuplicateIdentifier):
        register(PointOfDelivery(pod_id="POD-1", aggregator_id="A", pn_p=1.0), known, "A", 2)


def sent(action: str = "activate", owner: str = "A", **more: Any) -> PointOfDelivery:
    return PointOfDelivery(pod_id="POD-1", aggregator_id=owner, action_type=action, **more)


def after(*messages: PointOfDelivery) -> Registration:
    """The registration after messages at the seconds 1, 2, 3 and so on."""
    known: Registration | None = None
    for now_s, message in enumerate(messages, start=1):
        known = register(message, known, message.aggregator_id, now_s) or known
    assert known is not None
    return known


def test_the_sender_is_the_aggregator_that_is_named() -> None:
    with pytest.raises(NotOwner, match="names A as its aggregator, the caller is B"):
        register(sent(), None, "B", 1)


@pytest.mark.parametrize("action", ["modify", "delete"])
def test_what_is_not_known_cannot_change(action: str) -> None:
    with pytest.raises(UnknownPod):
        register(sent(action), None, "A", 1)


def test_a_first_owner_sees_all_and_a_later_one_from_then_on() -> None:
    first = after(sent())
    assert (first.version, first.owned_from_s, first.ended_s, first.pod_id) == (1, 0, None, "POD-1")
    again = after(sent(), sent("delete"), sent(pn_p=2.0))
    assert (again.version, again.owned_from_s, again.ended_s) == (3, 0, None)
    other = after(sent(), sent("delete"), sent(owner="B"))
    assert (other.version, other.owned_from_s, other.pod.aggregator_id) == (3, 3, "B")
    stays = after(sent(), sent("delete"), sent(owner="B"), sent("delete", "B"), sent(owner="B"))
    assert (stays.version, stays.owned_from_s) == (5, 3)


def test_what_ended_changes_no_more() -> None:
    ended = after(sent(pn_p=1.0), sent("delete", send_time=START))
    assert (ended.ended_s, ended.version) == (2, 2)
    assert (ended.pod.action_type, ended.pod.send_time, ended.pod.pn_p) == ("delete", START, 1.0)
    assert register(sent("delete"), ended, "A", 9) is None
    with pytest.raises(PodEnded):
        register(sent("modify", pn_p=2.0), ended, "A", 9)
    with pytest.raises(NotOwner):
        register(sent("delete", "B"), ended, "B", 9)


def test_a_message_sent_again_changes_nothing() -> None:
    changed = after(sent(pn_p=1.0), sent("modify", pn_p=2.0))
    assert (changed.version, changed.pod.pn_p) == (2, 2.0)
    for again in (
        sent(pn_p=1.0),  # the activation, late
        sent(pn_p=2.0, send_time=START, po_m_id="FOREIGN"),
        sent("modify", pn_p=2.0),
    ):
        assert register(again, changed, "A", 9) is None
    with pytest.raises(DuplicateIdentifier):
        register(sent(pn_p=3.0), changed, "A", 9)


def test_an_end_by_the_customer_is_one() -> None:
    ended = end(after(sent(pn_p=1.0)), 7)
    assert ended is not None
    assert (ended.ended_s, ended.version, ended.pod.action_type) == (7, 2, "delete")
    assert end(ended, 8) is None


def test_a_point_of_measurement_survives_an_end() -> None:
    fed = associate(after(sent()), "CP")
    assert fed is not None
    assert (fed.version, fed.pod.po_m_id) == (2, "CP")
    ended = end(fed, 7)
    new = register(sent(owner="B"), ended, "B", 8)
    assert new is not None
    assert (new.pod.po_m_id, new.owned_from_s) == ("CP", 8)
    moved = associate(fed, "CP-2")
    assert moved is not None
    assert (moved.version, moved.pod.po_m_id) == (3, "CP-2")
