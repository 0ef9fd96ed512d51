"""Events of a network in operation, switching and tap changes, and the network after them."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from platone.grid.network.branch import Line, Transformer, Winding
from platone.grid.network.check import check_nodes, taps_hold
from platone.grid.network.model import Network

_ONE_STATE = ("switches", "sources", "loads", "generators", "shunts")
_TWO_ENDS = ("lines", "transformers")


@dataclass(frozen=True, slots=True)
class Switching:
    """An element is switched on or off.

    Attributes:
        element: A switch, or what is switched by itself: a branch, source, load, generator, shunt.
        closed: Whether it is on now.
        end: Which end of a line or transformer; none: both.
    """

    element: str
    closed: bool
    end: Literal["from", "to"] | None = None


@dataclass(frozen=True, slots=True)
class TapChange:
    """A tap changer moves.

    Attributes:
        element: The transformer, or the winding of one with three.
        position: Where it stands now.
    """

    element: str
    position: int


Event = Switching | TapChange


def faults_of(network: Network, events: Iterable[Event]) -> list[str | None]:
    """Return for each event why it cannot be of this network; none where it can."""
    tapped: tuple[Transformer | Winding, ...] = (*network.transformers, *network.windings)
    units = {each.id: each for each in tapped}
    two_ends = {each.id for kind in _TWO_ENDS for each in getattr(network, kind)}
    ones = {each.id for kind in _ONE_STATE for each in getattr(network, kind)}
    ones |= {winding.id for winding in network.windings}
    return [
        _tap_fault(units.get(event.element), event)
        if isinstance(event, TapChange)
        else _switching_fault(event, ones, two_ends)
        for event in events
    ]


def _tap_fault(unit: Transformer | Winding | None, event: TapChange) -> str | None:
    if unit is None:
        return f"there is no transformer {event.element!r}"
    low, high = getattr(unit, "tap_min", None), getattr(unit, "tap_max", None)
    if (low is not None and event.position < low) or (high is not None and event.position > high):
        return f"the taps of {event.element!r} go from {low} to {high}"
    if not taps_hold(replace(unit, tap_position=event.position)):
        return f"{event.element!r} would have no voltage left at tap {event.position}"
    return None


def _switching_fault(
    event: Switching, ones: Collection[str], two_ends: Collection[str]
) -> str | None:
    if event.element in two_ends:
        return None
    if event.element not in ones:
        return f"there is nothing that can be switched by the name of {event.element!r}"
    return f"{event.element!r} has one state, not two ends" if event.end else None


def happened(network: Network, events: Iterable[Event]) -> Network:
    """Return the network after events, in their order; those that are not of it change nothing.

    Raises:
        NetworkInvalid: Sources or generators that hold different voltages stand on one node now.
    """
    changes: dict[str, dict[str, Any]] = {}
    for event in events:
        change = changes.setdefault(event.element, {})
        if isinstance(event, TapChange):
            change["tap_position"] = event.position
        elif event.end is None:
            change |= dict.fromkeys(("closed", "from_closed", "to_closed"), event.closed)
        else:
            change[f"{event.end}_closed"] = event.closed
    if not changes:
        return network
    return check_nodes(replace(network, solved=(), **_changed(network, changes)))


def _changed(network: Network, changes: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for kind in (*_ONE_STATE, *_TWO_ENDS):
        elements = getattr(network, kind)
        if any(each.id in changes for each in elements):
            found[kind] = tuple(_with(each, changes.get(each.id)) for each in elements)
    if any(winding.id in changes for winding in network.windings):
        found["three_winding_transformers"] = tuple(
            replace(
                unit, windings=tuple(_with(each, changes.get(each.id)) for each in unit.windings)
            )
            for unit in network.three_winding_transformers
        )
    return found


def _with(element: Any, change: Mapping[str, Any] | None) -> Any:
    if not change:
        return element
    two_ended = isinstance(element, Line | Transformer)
    foreign = {"closed"} if two_ended else {"from_closed", "to_closed"}
    return replace(element, **{name: v for name, v in change.items() if name not in foreign})
