"""Events that cannot be of the network are refused by name."""

import pytest

from platone import grid
from platone.grid.problem.study import EventInvalid


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (grid.Switching("nope", closed=False), "nothing that can be switched .*'nope'"),
        (grid.TapChange("nope", 1), "there is no transformer 'nope'"),
        (grid.TapChange("trafo/114", 1000), "the taps of 'trafo/114' go from -9 to 9"),
        (grid.Switching("load/0", closed=False, end="from"), "one state, not two ends"),
    ],
)
def test_an_event_of_another_network(oberrhein: grid.Network, event: grid.Event, told: str) -> None:
    with pytest.raises(EventInvalid, match=told) as found:
        grid.happened(oberrhein, [event])
    assert found.value.fields["element"] == event.element


def test_an_event_of_this_network(oberrhein: grid.Network) -> None:
    events = (grid.TapChange("trafo/114", 3), grid.Switching("load/0", closed=False))
    changed = grid.happened(oberrhein, iter(events))
    assert {each.id: each.tap_position for each in changed.transformers}["trafo/114"] == 3
    assert not {each.id: each.closed for each in changed.loads}["load/0"]
