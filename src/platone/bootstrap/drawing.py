"""Networks on files as pictures and in other forms, as the command line makes them."""

from datetime import datetime
from pathlib import Path

from platone.bootstrap.estimation import estimated
from platone.bootstrap.grid import GridResult, case_of
from platone.grid import study
from platone.grid.picture.draw import Format, draw_estimate


def picture_file(
    network: Path,
    power: Path | None,
    at: datetime | None,
    zone: str,
    form: Format,
    *,
    unbalanced: bool = False,
) -> GridResult[bytes]:
    """A network with its loading, voltages and alarms."""
    case = case_of(network, power, None if power else at)
    solve = study.unbalanced_power_flow if unbalanced else study.power_flow
    with case.named():
        flow = solve(case.network, case.series.power)
    shown = at if power else None
    return case.result(
        study.draw_network(
            case.network, flow, case.series.instants, at=shown, zone=zone, format=form
        )
    )


def estimate_picture_file(
    network: Path,
    measurements: Path,
    power: Path | None,
    at: datetime | None,
    zone: str,
    form: Format,
) -> GridResult[bytes]:
    """A network in the state behind measurements."""
    found, estimate = estimated(network, measurements, power, at, only_measured=False)
    return GridResult(draw_estimate(found, estimate, zone=zone, format=form), found.remarks)


def heat_map_file(network: Path, power: Path, zone: str, form: Format) -> GridResult[bytes]:
    """The loading of branches over a day."""
    case = case_of(network, power, None)
    with case.named():
        flow = study.power_flow(case.network, case.series.power)
    return case.result(
        study.draw_heat_map(case.network, flow, case.series.instants, zone=zone, format=form)
    )


def convert_file(network: Path, output: Path, form: study.NetworkForm) -> GridResult[None]:
    """The network in another form, with its solved state."""
    case = case_of(network, None, None)
    flow = study.power_flow(case.network, case.series.power)
    study.write_network(case.network, output, form, flow)
    return case.result(None)
