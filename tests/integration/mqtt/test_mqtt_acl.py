"""The access rules, compared with what paho says a topic filter matches."""

from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.client import topic_matches_sub

from platone.infra.mqtt.acl import Action, allowed, is_device, is_service

A = "0x" + "aA" * 20
B = "0x" + "bB" * 20
KINDS = ("readings", "receipts", "setpoints", "acknowledgements")
TOPICS = [f"bal/nodes/{device}/{kind}" for device in (A, B) for kind in KINDS]
TOPICS += [f"bal/pmu/{device}" for device in (A, B)]
DATABUS = [f"{bus}/bal/pmu/{device}" for bus in ("raw", "processed") for device in (A, B)]
SHARED = ["platone/dsotp/x", "platone/dsotp/pmu/P"]
TOPICS += DATABUS + SHARED + ["platone/market/x", "raw/x", "raw/bal", "processed"]

names = ["bal", "nodes", "pmu", "raw", "processed", "platone", "dsotp", A, B, *KINDS]
levels = st.sampled_from([*names, "+", "#", "", "$SYS", "+x", "x#"])
filters = st.lists(levels, min_size=1, max_size=5).map("/".join)
identities = st.sampled_from([A, "access", "dso", "", "+", "#", "market", A.lower() + "0"])

MAY_HEAR = {
    A: {f"bal/nodes/{A}/receipts", f"bal/nodes/{A}/setpoints"},
    "access": {it for it in TOPICS if it.endswith("/readings") or it.startswith("bal/pmu/")},
    "dso": {it for it in TOPICS if it.endswith("/acknowledgements") or "/pmu/" in it}
    | {*DATABUS, *SHARED, "raw/bal"},  # raw/bal/# matches raw/bal, too, where nobody may speak
}
MAY_SAY = {
    A: {f"bal/nodes/{A}/readings", f"bal/nodes/{A}/acknowledgements", f"bal/pmu/{A}"},
    "access": {it for it in TOPICS if it.endswith("/receipts")} | {*SHARED},
    "dso": {it for it in TOPICS if it.endswith("/setpoints")} | {*DATABUS},
}


@given(identities, filters)
def test_no_granted_filter_matches_what_its_identity_may_not_hear(
    identity: str, pattern: str
) -> None:
    if allowed(identity, pattern, Action.SUBSCRIBE):
        heard = {topic for topic in TOPICS if topic_matches_sub(pattern, topic)}
        assert heard <= MAY_HEAR.get(identity, set())


@given(identities, st.one_of(st.sampled_from(TOPICS), filters))
def test_what_may_be_said_is_a_list(identity: str, topic: str) -> None:
    is_listed = topic in MAY_SAY.get(identity, set())
    is_known_topic = topic in TOPICS
    assert allowed(identity, topic, Action.PUBLISH) is is_listed or not is_known_topic
    if allowed(identity, topic, Action.PUBLISH):
        assert "+" not in topic
        assert "#" not in topic


def test_everyone_may_do_what_they_are_there_for() -> None:
    for identity, topics in MAY_HEAR.items():
        assert all(allowed(identity, topic, Action.SUBSCRIBE) for topic in topics - {"raw/bal"})
    for pattern in (
        "bal/pmu/+",
        "platone/dsotp/#",
        "raw/bal/#",
        "raw/bal/+/x/#",
        "processed/bal/#",
    ):
        assert allowed("dso", pattern, Action.SUBSCRIBE)
        assert allowed("access", pattern, Action.SUBSCRIBE) is (pattern == "bal/pmu/+")
        assert not allowed(A, pattern, Action.SUBSCRIBE)
    for pattern in ("raw/#", "+/bal/#", "#", "raw/bal/#/x", "raw/bal//x", "platone/#", "bal/pmu/#"):
        assert not allowed("dso", pattern, Action.SUBSCRIBE)
    assert allowed("access", "bal/nodes/+/readings", Action.SUBSCRIBE)
    assert allowed("dso", "bal/nodes/+/acknowledgements", Action.SUBSCRIBE)


def test_nobody_speaks_to_a_wildcard_even_where_its_rule_has_one() -> None:
    for identity, topic in (
        ("access", "bal/nodes/+/receipts"),
        ("access", "platone/dsotp/#"),
        ("dso", "bal/nodes/+/setpoints"),
        ("dso", "raw/bal/#"),
        ("dso", "processed/bal/+"),
        ("dso", "raw/bal/+/#"),
        (A, f"bal/nodes/{A}/#"),
    ):
        assert not allowed(identity, topic, Action.PUBLISH)


def test_services_are_known_by_name_and_devices_by_address() -> None:
    for identity, service, device in (
        ("access", True, False),
        ("dso", True, False),
        ("market", False, False),
        (A, False, True),
        (A.lower(), False, True),
        (A + "0", False, False),
        (A[:-1], False, False),
        ("", False, False),
    ):
        assert (is_service(identity), is_device(identity)) == (service, device)


def test_levels_are_neither_fewer_nor_more_nor_empty() -> None:
    assert allowed("dso", "raw/bal/x/y/z", Action.PUBLISH)
    for topic in ("raw/bal", "raw/bal/", "raw/bal//x", "raw/x/y", "raw/bal/x/", "bal/nodes/x"):
        assert not allowed("dso", topic, Action.PUBLISH), topic
    for pattern in ("bal/nodes/+", "bal/nodes/+/readings/x", "bal/nodes//readings", "bal/+/#"):
        assert not allowed("access", pattern, Action.SUBSCRIBE), pattern
