"""Bridges between the broker of devices and the databus: names, and that nothing goes round."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platone.infra.mqtt.bridge import DEFAULT_BRIDGES, bridges_in, bridges_out, renamed


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("bal/pmu/0xab", ["raw/bal/pmu/0xab"]),
        ("bal/pmu/0xab/more", []),
        ("platone/dsotp/servers/S1/meterReadings", ["raw/bal/servers/S1/meterReadings"]),
        ("platone/dsotp/pmu/PMU1", ["raw/bal/pmu/PMU1"]),
        ("platone/dsotp/", []),
        ("platone/dsotp", []),
        ("platone/other/x", []),
        ("raw/bal/pmu/0xab", []),
        ("processed/bal/pmu/0xab", []),
    ],
)
def test_names_by_default(name: str, expected: list[str]) -> None:
    assert list(renamed(bridges_in(DEFAULT_BRIDGES), name)) == expected


def test_a_remap_of_ones_own() -> None:
    bridges = bridges_in(
        "platone/dsotp/field/# -> raw/bal/#, platone/dsotp/lab/+ -> raw/bal/lab/one/+"
    )
    names = ("platone/dsotp/field/a/b", "platone/dsotp/lab/c", "platone/dsotp/lab/c/d")
    told = [list(renamed(bridges, name)) for name in names]
    assert told == [["raw/bal/a/b"], ["raw/bal/lab/one/c"], []]
    assert bridges_in("") == ()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("platone/dsotp/#", "is no bridge"),
        ("platone/dsotp/# -> raw/bal/# -> raw/bal/x/#", "is no bridge"),
        ("platone/dsotp/x -> raw/bal/x", "does not end in"),
        ("platone/+/# -> raw/bal/#", "wildcard before"),
        ("platone/dsotp/x# -> raw/bal/#", "does not end in"),
        ("platone/dsotp/+ -> raw/bal/#", "different wildcards"),
        ("platone/dsotp//# -> raw/bal/#", "is not within"),
        ("bal/pmu/# -> raw/bal/pmu/#", "is not within"),
        ("bal/nodes/+/readings -> raw/bal/x", "does not end in"),
        ("bal/nodes/0xab/# -> raw/bal/#", "is not within"),
        ("raw/bal/# -> raw/bal/again/#", "is not within"),
        ("processed/bal/# -> raw/bal/#", "is not within"),
        ("platone/dsotp/# -> processed/bal/#", "is not within"),
        ("platone/dsotp/# -> platone/dsotp/x/#", "is not within"),
        ("platone/dsotp/# -> raw/bal/#, platone/dsotp/a/# -> raw/bal/b/#", "the same topics"),
        ("platone/dsotp/a/+ -> raw/bal/+, platone/dsotp/# -> raw/bal/b/#", "the same topics"),
        (",".join(f"platone/dsotp/{each}/# -> raw/bal/#" for each in range(17)), "16 may be"),
    ],
)
def test_what_is_no_bridge_into_the_databus(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        bridges_in(text)


@pytest.mark.parametrize(
    "text",
    ["raw/bal/# -> platone/dsotp/#", "processed/bal/# -> bal/pmu/#", "bal/pmu/+ -> raw/bal/pmu/+"],
)
def test_nothing_leads_from_the_databus_to_where_it_takes_from(text: str) -> None:
    with pytest.raises(ValueError, match="is not within"):
        bridges_out(text)


LEVEL = st.sampled_from(
    ["raw", "processed", "bal", "platone", "dsotp", "pmu", "nodes", "x", "+", "#", ""]
)
FILTER = st.lists(LEVEL, min_size=1, max_size=4).map("/".join)


@given(st.tuples(FILTER, FILTER, FILTER, FILTER), st.lists(LEVEL, max_size=4).map("/".join))
def test_whatever_is_accepted_no_message_goes_round(
    ends: tuple[str, str, str, str], name: str
) -> None:
    """What a bridge has made, in any direction, no bridge into the databus takes."""
    try:
        inward = bridges_in(f"{ends[0]} -> {ends[1]}")
        outward = bridges_out(f"{ends[2]} -> {ends[3]}")
    except ValueError:
        return
    for made in (*renamed(inward, name), *renamed(outward, name)):
        assert list(renamed(inward, made)) == []
