"""Whatever is sent in whatever order, ownership and history hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platone.customers.domain.pod import Registration, associate, register
from platone.kernel.errors import DuplicateIdentifier, NotOwner, PlatoneError
from platone.messages.registry import PointOfDelivery

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
