"""Networks and series of a study from files, and networks as other files."""

from datetime import datetime
from pathlib import Path

from platone.grid.file import flexibility_file, measurement_file, series_file, trade_file
from platone.grid.file.cim.clock import Clocks
from platone.grid.file.measurement_file import MeasurementSet
from platone.grid.file.metering_file import read_metering_csv
from platone.grid.file.network_source import read_network_path
from platone.grid.file.network_target import NetworkForm, write_network_content
from platone.grid.file.series_file import PowerSeries
from platone.grid.flexibility.offer import PodFlexibility
from platone.grid.flexibility.validation import Trade
from platone.grid.flow.state import Flow
from platone.grid.network.model import Network
from platone.grid.problem.file import MeasurementFileInvalid
from platone.grid.profile.metering import Metering
from platone.grid.study.argument import require_choice, require_network
from platone.grid.study.calculation import power_flow
from platone.grid.study.checked import known_valid


def read_network(path: str | Path, *, clocks: Clocks = "solved") -> Network:
    """Read a network: our own JSON, pandapower JSON, or CIM (CGMES, CPSM) as folder or zip.

    Args:
        path: The file or folder.
        clocks: Whether the clocks of CIM's transformers turn angles: as in the file's solved state
            ("solved", and where it has none they do not), or in any case "counted" or "left-out".

    Raises:
        NetworkInvalid: It cannot be calculated; ``faults`` names every element and the reason.
        OSError: It cannot be opened.
        ArgumentInvalid: There is no such choice of clocks.
    """
    require_choice("clocks", clocks, Clocks)
    return known_valid(read_network_path(Path(path), clocks))


def write_network(
    network: Network, path: str | Path, form: NetworkForm, flow: Flow | None = None
) -> None:
    """Write a network as pandapower's JSON or as CGMES (a zip; with a solved state also SV).

    Raises:
        ArgumentInvalid: There is no such form, or no network is given.
    """
    require_network(network)
    require_choice("form", form, NetworkForm)
    Path(path).write_bytes(write_network_content(network, form, flow))


def convert(network: Network, path: str | Path, form: NetworkForm) -> None:
    """Write a network in another form, with the power flow of the state that it describes.

    Raises:
        PowerFlowDiverged: That state has no solution.
        ArgumentInvalid: There is no such form, or no network is given.
    """
    require_choice("form", form, NetworkForm)
    write_network(network, path, form, power_flow(network))


def read_powers(path: str | Path, network: Network) -> PowerSeries:
    """Read the consumers' power from a CSV file with a row an instant.

    Consumers without a column keep the power of the network; one with kW alone keeps its ratio of
    kvar to kW.

    Raises:
        SeriesFileInvalid: A column, instant or number is not right; it says which.
        OSError: It cannot be opened.
    """
    require_network(network)
    return series_file.read_power(Path(path), network)


def read_flexibility(
    path: str | Path, network: Network, powers: PowerSeries
) -> list[PodFlexibility]:
    """Read how far consumers can be moved from a CSV file with a row a consumer.

    Raises:
        SeriesFileInvalid: A column, row or number is not right; it says which.
        OSError: It cannot be opened.
    """
    require_network(network)
    return flexibility_file.read_flexibility(Path(path), network, powers)


def read_trades(path: str | Path, network: Network, powers: PowerSeries) -> list[Trade]:
    """Read trades from a CSV file with a row a trade, at the instants of the powers.

    Raises:
        SeriesFileInvalid: A column, row, element or instant is not right; it says which.
        OSError: It cannot be opened.
    """
    require_network(network)
    return trade_file.read_trades(Path(path), network, powers)


def read_measurements(path: str | Path, at: datetime | None = None) -> MeasurementSet:
    """Read a set of measurements: JSON, or CSV with a row a measurement.

    Args:
        path: The file.
        at: The instant of a CSV file; none: that of its newest row.

    Raises:
        MeasurementFileInvalid: It is not of this form.
        OSError: It cannot be opened.
    """
    file = Path(path)
    try:
        return measurement_file.read_measurements(file.read_bytes(), at)
    except MeasurementFileInvalid as error:
        raise MeasurementFileInvalid(f"{file}: {error.detail}", **error.fields) from error


def read_metering(path: str | Path, *, interval_minutes: int | None = None) -> Metering:
    """Read the metering of consumers from a CSV file with a row an interval and consumer.

    Args:
        path: The file.
        interval_minutes: The interval of rows that do not say it: 15, 30 or 60; none: it is read
            from the distances between a consumer's values.

    Raises:
        MeteringInvalid: A column, time or number is not right, or the interval can be read in
            two ways.
        OSError: It cannot be opened.
    """
    with Path(path).open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        return read_metering_csv(lines, interval_minutes=interval_minutes)
