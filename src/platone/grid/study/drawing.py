"""Pictures of networks, of their states and of estimates."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from platone.grid.network.model import Network
from platone.grid.picture.draw import Format, draw_estimate, draw_heat_map, draw_network
from platone.grid.picture.picture import LayoutKind
from platone.grid.picture.state_series import Note
from platone.grid.study.argument import require_choice, require_kind, require_zone
from platone.grid.study.estimation import EstimationResult
from platone.grid.study.flow_result import FlowResult, PhaseFlowResult


@dataclass(frozen=True, slots=True, repr=False)
class Image:
    """A picture that shows itself in a notebook, and can be written to a file.

    Attributes:
        content: The file.
        format: Its form: SVG, PNG, or a page to zoom into.
    """

    content: bytes
    format: Format

    def __repr__(self) -> str:
        return f"<Image: {self.format}>"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str | bytes]:
        """Return the picture for a notebook, which shows a page in a frame of its own."""
        if self.format == "png":
            return {"image/png": self.content}
        text = self.content.decode()
        return {"image/svg+xml": text} if self.format == "svg" else {"text/html": _frame(text)}

    def write(self, path: str | Path) -> None:
        """Write the picture to a file."""
        Path(path).write_bytes(self.content)


def picture(
    shown: Network | FlowResult | PhaseFlowResult | EstimationResult,
    *,
    at: datetime | int | None = None,
    notes: Sequence[Note] = (),
    layout: LayoutKind = "auto",
    zone: str = "Europe/Rome",
    format: Format = "svg",  # noqa: A002 - what people call it
) -> Image:
    """Draw a network alone, its states with loading, voltages and alarms, or an estimated state.

    Args:
        shown: What is drawn; of states by phase each element's worst phase.
        at: Which state an image shows, by its instant or number; none: the one with the worst
            alarm. A page shows all of them.
        notes: Remarks at elements.
        layout: "scheme" or "map"; "auto": a map where all buses have positions, else a scheme.
        zone: Whose clocks are shown.
        format: An SVG or PNG image, or a self-contained page ("html").

    Raises:
        PictureInstantUnknown: ``at`` is none of the instants.
        PngUnavailable: PNG is asked for, and its package is not installed.
        InstantsMissing: The estimate has no instant.
        ArgumentInvalid: There is no such layout, zone or format, or nothing that can be drawn.
    """
    drawn = Network, FlowResult, PhaseFlowResult, EstimationResult
    require_kind("shown", shown, drawn, "read a network with read_network, or calculate its states")
    require_choice("layout", layout, LayoutKind)
    require_choice("format", format, Format)
    require_zone(zone)
    if isinstance(shown, EstimationResult):
        made = draw_estimate(
            shown.network, shown.message(), layout=layout, zone=zone, format=format
        )
        return Image(made, format)
    if isinstance(shown, Network):
        return Image(draw_network(shown, notes=notes, layout=layout, format=format), format)
    made = draw_network(
        shown.network,
        shown,
        shown.instants,
        at=at,
        alarms=shown.alarms(),
        notes=notes,
        layout=layout,
        zone=zone,
        format=format,
    )
    return Image(made, format)


def heat_map(
    flow: FlowResult,
    *,
    zone: str = "Europe/Rome",
    format: Format = "svg",  # noqa: A002 - what people call it
) -> Image:
    """Draw the loading of branches over time, the most severe first.

    Args:
        flow: The states.
        zone: Whose clocks are shown.
        format: An SVG or PNG image; a page is that of :func:`picture`, which holds it, too.

    Raises:
        PngUnavailable: PNG is asked for, and its package is not installed.
        ArgumentInvalid: There is no such zone or format, or there are no states.
    """
    require_kind("flow", flow, (FlowResult, PhaseFlowResult), "calculate it with power_flow")
    require_choice("format", format, Format)
    require_zone(zone)
    made = draw_heat_map(flow.network, flow, flow.instants, zone=zone, format=format)
    return Image(made, format)


def _frame(page: str) -> str:
    escaped = page.replace("&", "&amp;").replace('"', "&quot;")
    return f'<iframe srcdoc="{escaped}" style="width:100%;height:40em;border:0"></iframe>'
