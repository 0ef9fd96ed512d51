"""The network model: frozen values, independent of the form it was imported from.

Power follows the load convention (positive is withdrawn from the grid); identifiers are the
source's own and unique over the whole network.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from platone.grid.network.branch import (
    Line,
    Switch,
    ThreeWindingTransformer,
    Transformer,
    Winding,
)
from platone.grid.network.element import (
    Bus,
    ConnectionPoint,
    Generator,
    Load,
    Profile,
    Remark,
    Shunt,
    SolvedVoltage,
    Source,
)
from platone.grid.shown import Shown

QUARTER_HOURS_OF_A_PROFILE = 96
MAX_ELEMENTS = 1_000_000

Branch = Line | Transformer | Winding
Consumer = Load | ConnectionPoint
Element = (
    Bus
    | Source
    | Line
    | Transformer
    | ThreeWindingTransformer
    | Winding
    | Switch
    | Shunt
    | Generator
    | Load
    | ConnectionPoint
    | Profile
)
FIELD_OF_KIND: dict[type[Any], str] = {
    Bus: "buses",
    Source: "sources",
    Line: "lines",
    Transformer: "transformers",
    Load: "loads",
    ConnectionPoint: "connection_points",
    Profile: "profiles",
    ThreeWindingTransformer: "three_winding_transformers",
    Switch: "switches",
    Shunt: "shunts",
    Generator: "generators",
}
"""The field of a network that holds the elements of a kind."""


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Network(Shown):
    """A network; compared by identity, because it is large and never changes.

    Order matters: arrays over buses follow ``buses``, over branches ``branches`` (lines, then
    transformers, then the windings of those with three), over consumers ``consumers`` (loads,
    then connection points).
    """

    id: str
    name: str = ""
    version: str
    description: str = ""
    buses: tuple[Bus, ...] = ()
    sources: tuple[Source, ...] = ()
    lines: tuple[Line, ...] = ()
    transformers: tuple[Transformer, ...] = ()
    loads: tuple[Load, ...] = ()
    connection_points: tuple[ConnectionPoint, ...] = ()
    profiles: tuple[Profile, ...] = ()
    three_winding_transformers: tuple[ThreeWindingTransformer, ...] = ()
    switches: tuple[Switch, ...] = ()
    shunts: tuple[Shunt, ...] = ()
    generators: tuple[Generator, ...] = ()
    frequency_hz: float = 50.0
    remarks: tuple[Remark, ...] = ()
    solved: tuple[SolvedVoltage, ...] = ()

    @cached_property
    def branches(self) -> tuple[Branch, ...]:
        """Lines, then transformers, then the windings of transformers with three."""
        return (*self.lines, *self.transformers, *self.windings)

    @cached_property
    def windings(self) -> tuple[Winding, ...]:
        """The windings of transformers with three, in their order."""
        return tuple(each for unit in self.three_winding_transformers for each in unit.windings)

    @cached_property
    def consumers(self) -> tuple[Consumer, ...]:
        """Loads, then connection points."""
        return (*self.loads, *self.connection_points)

    @cached_property
    def bus_position(self) -> dict[str, int]:
        """Each bus's place in ``buses``."""
        return {bus.id: place for place, bus in enumerate(self.buses)}

    @cached_property
    def branch_position(self) -> dict[str, int]:
        """Each branch's place in ``branches``."""
        return {branch.id: place for place, branch in enumerate(self.branches)}

    @cached_property
    def consumer_position(self) -> dict[str, int]:
        """Each load's and each PoD's place in ``consumers``."""
        return {each.id: place for place, each in enumerate(self.consumers)}

    @cached_property
    def pod_position(self) -> dict[str, int]:
        """Each PoD's place in ``consumers``."""
        start = len(self.loads)
        return {point.pod_id: start + i for i, point in enumerate(self.connection_points)}

    def elements(self) -> Iterator[Element]:
        """Yield everything that carries an identifier of its own."""
        yield from self.buses
        yield from self.sources
        yield from self.branches
        yield from self.three_winding_transformers
        yield from self.switches
        yield from self.shunts
        yield from self.generators
        yield from self.loads
        yield from self.profiles
