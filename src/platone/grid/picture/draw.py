"""Pictures for the command line, the library and the routes."""

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Literal

from platone.grid.flow.alarm import Violation
from platone.grid.flow.phase_state import PhaseFlow
from platone.grid.flow.state import Flow
from platone.grid.network.model import Network
from platone.grid.picture.estimate_series import estimate_notes, estimate_series
from platone.grid.picture.estimate_summary import Finding, estimate_findings
from platone.grid.picture.flow_series import flow_series, phase_flow_series
from platone.grid.picture.heat_map import MOST_ROWS, heat_map_svg
from platone.grid.picture.page import network_page
from platone.grid.picture.picture import LayoutKind, Picture
from platone.grid.picture.raster import MOST_PIXELS, to_png
from platone.grid.picture.state_series import Note
from platone.grid.picture.svg import network_svg
from platone.grid.problem.picture import PictureInstantUnknown
from platone.messages.estimation import GridEstimate

Format = Literal["svg", "html", "png"]
_WIDEST = 4000
"""Most pixels of a PNG's side: viewers refuse much larger ones."""
_DENSE = 1.5
"""Pixels of a PNG by one of the drawing: small text stays readable."""
_BOX = re.compile(r'viewBox="0 0 (\S+) (\S+)"')


def draw_network(  # noqa: PLR0913 - one parameter an option
    network: Network,
    flow: Flow | PhaseFlow | None = None,
    instants: Sequence[datetime] = (),
    *,
    at: datetime | int | None = None,
    alarms: Sequence[Violation] | None = None,
    notes: Sequence[Note] = (),
    findings: Sequence[Finding] = (),
    findings_title: str = "What has changed",
    layout: LayoutKind = "auto",
    zone: str = "Europe/Rome",
    format: Format = "svg",  # noqa: A002 - what people call it
) -> bytes:
    """Draw a network with its loading, voltages and alarms.

    Args:
        network: A checked network.
        flow: Its states, of unbalanced ones each element's worst phase; none: the network alone,
            in the colours of its voltage levels.
        instants: When each state is; empty: they are numbered.
        at: Which state an image shows, by its instant or number: by default the one with the
            worst alarm. A page shows all of them.
        alarms: Broken limits, the worst first; by default they are looked for.
        notes: Remarks at elements.
        findings: Sentences that a page shows beside the network, and an image above it.
        findings_title: What a page calls them.
        layout: By default a map where all buses have positions, else a scheme.
        zone: Whose clocks are shown.
        format: An SVG or PNG image, or a self-contained page.

    Raises:
        PictureInstantUnknown: ``at`` is none of the instants.
        PngUnavailable: PNG is asked for, and its package is not installed.
        ValueError: There are other numbers of instants and states, or a note is about nothing.
    """
    picture = _picture(network, flow, instants, zone, layout, alarms=alarms, notes=notes)
    picture = replace(picture, findings=findings, findings_title=findings_title)
    if format == "html":
        return network_page(picture).encode()
    return _image(network_svg(picture, _row(picture, at)), format)


def draw_estimate(
    network: Network,
    estimate: GridEstimate,
    *,
    layout: LayoutKind = "auto",
    zone: str = "Europe/Rome",
    format: Format = "svg",  # noqa: A002
) -> bytes:
    """Draw an estimated state: how sure it is, what was measured, and what of that is bad.

    Args:
        network: The network that was estimated.
        estimate: The estimate.
        layout: By default a map where all buses have positions, else a scheme.
        zone: Whose clocks are shown.
        format: An SVG or PNG image, or a self-contained page.

    Raises:
        PngUnavailable: PNG is asked for, and its package is not installed.
        ValueError: The estimate is of another network.
    """
    picture = Picture(
        network,
        estimate_series(network, estimate),
        (estimate.at,),
        zone,
        estimate_notes(estimate),
        tuple(estimate_findings(estimate)),
        layout,
    )
    if format == "html":
        return network_page(picture).encode()
    return _image(network_svg(picture, 0), format)


def draw_heat_map(
    network: Network,
    flow: Flow,
    instants: Sequence[datetime] = (),
    *,
    most: int = MOST_ROWS,
    findings: Sequence[Finding] = (),
    zone: str = "Europe/Rome",
    format: Format = "svg",  # noqa: A002
) -> bytes:
    """Draw the loading of branches over a day, the most severe first.

    Args:
        network: A checked network.
        flow: Its states.
        instants: When each is; empty: they are numbered.
        most: How many branches an image shows at most.
        findings: Sentences that stand above it.
        zone: Whose clocks are shown.
        format: An SVG or PNG image; a page is that of :func:`draw_network`, which holds it too.

    Raises:
        PngUnavailable: PNG is asked for, and its package is not installed.
        ValueError: There are other numbers of instants and states.
    """
    picture = _picture(network, flow, instants, zone)
    picture = replace(picture, findings=findings, findings_title="What it rests on")
    if format == "html":
        return network_page(picture).encode()
    return _image(heat_map_svg(picture, most=most), format)


def _picture(
    network: Network,
    flow: Flow | PhaseFlow | None,
    instants: Sequence[datetime],
    zone: str,
    layout: LayoutKind = "auto",
    *,
    alarms: Sequence[Violation] | None = None,
    notes: Sequence[Note] = (),
) -> Picture:
    series = None
    if isinstance(flow, PhaseFlow):
        series = phase_flow_series(flow, alarms)
    elif flow is not None:
        series = flow_series(flow, alarms)
    if instants and (series is None or len(instants) != series.instants):
        states = 0 if series is None else series.instants
        raise ValueError(f"there are {len(instants)} instants and {states} states")
    known = {element.id for element in network.elements()}
    known.update(point.pod_id for point in network.connection_points)
    for note in notes:
        if note.element not in known:
            raise ValueError(f"a note is about {note.element!r}, which is not in the network")
    return Picture(network, series, instants, zone, notes, wanted=layout)


def _row(picture: Picture, at: datetime | int | None) -> int | None:
    if picture.series is None:
        return None
    if at is None:
        return picture.series.worst
    known = list(picture.instants) if isinstance(at, datetime) else range(picture.series.instants)
    if at not in known:
        span = f"from {known[0]} to {known[-1]}" if len(known) > 1 else f"of {known[0]} alone"
        raise PictureInstantUnknown(f"There is no state at {at}; they are {span}.", at=str(at))
    return known.index(at)  # type: ignore[arg-type]  # of the same kind


def _image(svg: str, form: Literal["svg", "png"]) -> bytes:
    if form == "svg":
        return svg.encode()
    found = _BOX.search(svg)
    width, height = (float(found.group(1)), float(found.group(2))) if found else (1.0, 1.0)
    dense = min(_DENSE, _WIDEST / width, _WIDEST / height, math.sqrt(MOST_PIXELS / width / height))
    return to_png(svg, max(round(width * dense), 1), max(round(height * dense), 1))
