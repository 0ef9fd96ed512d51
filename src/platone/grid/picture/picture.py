"""A picture: the network, its layout, and the states that are shown."""

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
from platone.grid.picture.state_series import Note, StateSeries

LayoutKind = Literal["auto", "scheme", "map"]
_BAND_PERCENT = 10.0
"""Colour scale of voltages where the network has no limits, % from nominal (EN 50160)."""


@dataclass(frozen=True, eq=False)
class Picture:
    """A network as a graph to draw.

    Attributes:
        network: The network.
        series: Its states; none: only what the network itself says is drawn.
        instants: Of the states; empty: they are numbered.
        zone: IANA name of the zone whose clocks the picture shows.
        notes: Remarks at elements.
        findings: What a state estimation found, or what differs from an earlier version.
        findings_title: What that is called.
        wanted: Which layout comes first; "auto" is a map where all buses have positions.
    """

    network: Network
    series: StateSeries | None = None
    instants: Sequence[datetime] = ()
    zone: str = "Europe/Rome"
    notes: Sequence[Note] = ()
    findings: Sequence[Finding] = ()
    findings_title: str = "State estimation"
    wanted: LayoutKind = "auto"

    @cached_property
    def graph(self) -> Graph:
        """Return the network as a graph to draw."""
        return graph_of(self.network)

    @cached_property
    def layouts(self) -> list[Layout]:
        """Return all layouts of the network, the preferred one first."""
        place = map_of(self.graph)
        found = [scheme_of(self.graph)] if place is None else [place, scheme_of(self.graph)]
        return found[::-1] if self.wanted == "scheme" else found

    @cached_property
    def layout(self) -> Layout:
        """Return the preferred layout, without making the others."""
        place = None if self.wanted == "scheme" else map_of(self.graph)
        return scheme_of(self.graph) if place is None else place

    @property
    def title(self) -> str:
        """Return the network's name for people."""
        return self.network.name or self.network.id

    @cached_property
    def moments(self) -> list[str]:
        """Return a label for each instant."""
        if self.instants:
            return clock_labels(self.instants, self.zone)
        count = self.series.instants if self.series else 0
        return [f"state {number + 1}" for number in range(count)] if count > 1 else [""] * count

    @property
    def day(self) -> str:
        """Return the day or days of the instants; empty where they are not known."""
        return day_label(self.instants, self.zone) if self.instants else ""

    @cached_property
    def levels_kv(self) -> list[float]:
        """Return the nominal voltages in kV, the highest first."""
        return sorted({bus.nominal_kv for bus in self.network.buses}, reverse=True)

    def level_colour(self, kv: float) -> str:
        """Return the colour of a voltage level."""
        number = sum(1 for each in self.levels_kv if each > kv)
        return LEVELS[min(number, len(LEVELS) - 1)]

    @cached_property
    def voltage_scale(self) -> Scale:
        """Return the colours of voltages, full at the widest limit that the network sets."""
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
        """Return flags of edges that end at a bus which measurements alone do not determine."""
        certainty = None if self.series is None else self.series.certainty
        if certainty is None:
            return np.zeros(len(self.graph.edges), np.bool_)
        stars = len(self.network.three_winding_transformers)
        is_open = np.append(~certainty.observable, np.zeros(stars, np.bool_))
        return np.array([is_open[list(edge.ends)].any() for edge in self.graph.edges], np.bool_)

    @property
    def without_limit(self) -> int:
        """Return the number of branches without a limit, whose loading is not known."""
        if self.series is None:
            return 0
        return int(np.isinf(self.series.limit_a).sum())
