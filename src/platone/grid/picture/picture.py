"""A picture: the network, where it is drawn, and what is shown of its states."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Literal

import numpy as np

from platone.grid.array import Flags
from platone.grid.network.model import Network
from platone.grid.picture.estimate_summary import Finding
from platone.grid.picture.geography import map_of
from platone.grid.picture.graph import Graph, graph_of
from platone.grid.picture.instant import clock_labels, day_label
from platone.grid.picture.layout import Layout
from platone.grid.picture.scale import LEVELS, Scale, voltage_scale
from platone.grid.picture.scheme import scheme_of
from platone.grid.picture.state_series import Course, Note

LayoutKind = Literal["auto", "scheme", "map"]
_BAND_PERCENT = 10.0


@dataclass(frozen=True, eq=False)
class Picture:
    """What is drawn of a network.

    Attributes:
        network: The network.
        course: Its states; none: only what the network itself says is drawn.
        instants: Of the states; empty: they are numbered.
        zone: IANA name of the zone whose clocks the picture shows.
        notes: Remarks at elements.
        findings: What a state estimation found.
        wanted: Which layout comes first; "auto" is a map where all buses have positions.
    """

    network: Network
    course: Course | None = None
    instants: Sequence[datetime] = ()
    zone: str = "Europe/Rome"
    notes: Sequence[Note] = ()
    findings: Sequence[Finding] = ()
    wanted: LayoutKind = "auto"

    @cached_property
    def graph(self) -> Graph:
        """What is drawn."""
        return graph_of(self.network)

    @cached_property
    def layouts(self) -> list[Layout]:
        """All layouts that there are, the one that comes first first."""
        place = map_of(self.graph)
        found = [scheme_of(self.graph)] if place is None else [place, scheme_of(self.graph)]
        return found[::-1] if self.wanted == "scheme" else found

    @cached_property
    def layout(self) -> Layout:
        """The layout that comes first; it alone is made."""
        place = None if self.wanted == "scheme" else map_of(self.graph)
        return scheme_of(self.graph) if place is None else place

    @property
    def title(self) -> str:
        """What people call the network."""
        return self.network.name or self.network.id

    @cached_property
    def moments(self) -> list[str]:
        """A label for each instant."""
        if self.instants:
            return clock_labels(self.instants, self.zone)
        count = self.course.instants if self.course else 0
        return [f"state {number + 1}" for number in range(count)] if count > 1 else [""] * count

    @property
    def day(self) -> str:
        """The day, or days, of the instants; empty where they are not known."""
        return day_label(self.instants, self.zone) if self.instants else ""

    @cached_property
    def levels_kv(self) -> list[float]:
        """The nominal voltages, the highest first."""
        return sorted({bus.nominal_kv for bus in self.network.buses}, reverse=True)

    def level_colour(self, kv: float) -> str:
        """The colour of a voltage level."""
        number = sum(1 for each in self.levels_kv if each > kv)
        return LEVELS[min(number, len(LEVELS) - 1)]

    @cached_property
    def voltage_scale(self) -> Scale:
        """Colours of voltages: full at the widest limit that the network sets."""
        limits = [
            round(100 * abs(limit - 1), 3)
            for bus in self.network.buses
            for limit in (bus.min_pu, bus.max_pu)
            if limit is not None
        ]
        widest = max(limits, default=_BAND_PERCENT)
        return voltage_scale(widest if 1.0 <= widest <= 3 * _BAND_PERCENT else _BAND_PERCENT)

    @cached_property
    def supposed_edges(self) -> Flags:
        """Whether an edge ends at a bus that measurements alone do not determine."""
        certainty = None if self.course is None else self.course.certainty
        if certainty is None:
            return np.zeros(len(self.graph.edges), np.bool_)
        stars = len(self.network.three_winding_transformers)
        is_open = np.append(~certainty.observable, np.zeros(stars, np.bool_))
        return np.array([is_open[list(edge.ends)].any() for edge in self.graph.edges], np.bool_)

    @property
    def without_limit(self) -> int:
        """How many branches have no limit, so that their loading is not known."""
        if self.course is None:
            return 0
        return int(np.isinf(self.course.limit_a).sum())
