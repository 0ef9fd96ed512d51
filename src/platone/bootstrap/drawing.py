"""Networks on files as pictures and in other forms, as the command line makes them."""

from datetime import datetime
from pathlib import Path

from platone.bootstrap.grid import GridResult, case_of
from platone.dso import study
from platone.dso.adapters.picture.draw import Format


def picture_file(
    network: Path, power: Path | None, at: datetime | None, zone: str, form: Format
) -> GridResult[bytes]:
    """A network with its loading, voltages and alarms."""
    case = case_of(network, power, at)
    flow = study.power_flow(case.network, case.series.power)
    shown = at if power else None
    return case.result(
        study.draw_network(
            case.network, flow, case.series.instants, at=shown, zone=zone, format=form
        )
    )


def heat_map_file(network: Path, power: Path, zone: str, form: Format) -> GridResult[bytes]:
    """The loading of branches over a day."""
    case = case_of(network, power, None)
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
