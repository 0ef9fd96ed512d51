"""Pictures of networks, market days and state estimations, calculated and drawn."""

from datetime import datetime
from typing import Literal

from platone.dso.domain.day_input import DayInput
from platone.dso.domain.forecast import Forecast
from platone.dso.domain.network_input import NetworkInput
from platone.dso.service.calculation.estimation import unpacked
from platone.dso.service.calculation.network import difference_between, network_of
from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.state import snapshot
from platone.grid.picture.change_note import change_findings, change_notes
from platone.grid.picture.draw import draw_estimate, draw_heat_map, draw_network
from platone.grid.picture.estimate_summary import Finding
from platone.grid.study.limit import VoltageBand, with_voltage_band
from platone.infra.calculation.result import Written

PictureFormat = Literal["html", "svg", "png"]
PictureLayout = Literal["auto", "scheme", "map"]
_TYPES: dict[PictureFormat, str] = {
    "html": "text/html; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
}
_engine = GridModelPowerFlow()


def network_picture(  # noqa: PLR0913 - one parameter an option
    given: NetworkInput,
    inputs: DayInput | None,
    start_time: datetime | None,
    band: VoltageBand | None,
    *,
    layout: PictureLayout,
    zone: str,
    form: PictureFormat,
    earlier: NetworkInput | None = None,
) -> Written:
    """Draw a network, in the state of its file or over a market day.

    Of what has changed since an earlier version, elements are marked, and removed ones named.

    Raises:
        PodDataMissing: Data of its points of delivery for the day are missing.
        PowerFlowDiverged: A quarter-hour has no solution.
        VoltageBandInvalid: The band is none.
    """
    network = with_voltage_band(network_of(given), band)
    forecast = None if inputs is None else inputs.on(network)
    power = snapshot(network) if forecast is None else forecast.power
    instants = [] if inputs is None else list(inputs.day.instants())
    found = [] if earlier is None else difference_between(earlier, given)
    rests_on, changed = _rests_on(forecast), change_findings(found)
    titles = (("What it rests on", rests_on), ("What has changed", changed))
    content = draw_network(
        network,
        _engine.solve(network, power),
        instants,
        at=start_time if start_time in instants[1:] else None,
        notes=change_notes(found),
        findings=(*rests_on, *changed),
        findings_title=" · ".join(title for title, told in titles if told),
        layout=layout,
        zone=zone,
        format=form,
    )
    return Written(content, media_type=_TYPES[form])


def heat_map_picture(
    given: NetworkInput, inputs: DayInput, *, zone: str, form: PictureFormat
) -> Written:
    """Draw the loading of a market day; raises as :func:`network_picture`."""
    network = network_of(given)
    forecast = inputs.on(network)
    flow = _engine.solve(network, forecast.power)
    instants, findings = list(inputs.day.instants()), _rests_on(forecast)
    content = draw_heat_map(network, flow, instants, findings=findings, zone=zone, format=form)
    return Written(content, media_type=_TYPES[form])


def estimate_picture(
    given: NetworkInput, packed: bytes, *, layout: PictureLayout, zone: str, form: PictureFormat
) -> Written:
    """Draw a stored state estimation."""
    estimate = unpacked(packed).estimate
    content = draw_estimate(network_of(given), estimate, layout=layout, zone=zone, format=form)
    return Written(content, media_type=_TYPES[form])


def _rests_on(forecast: Forecast | None) -> tuple[Finding, ...]:
    """Return the remarks of a day's forecast as sentences of a picture; none without a day."""
    return () if forecast is None else tuple(Finding(each) for each in forecast.remarks)
