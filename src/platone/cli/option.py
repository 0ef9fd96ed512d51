"""Options and arguments that several commands share."""

from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer


def _in_a_folder(path: Path | None) -> Path | None:
    """Refuse a file that could not be written before anything is calculated."""
    if path is not None and not path.parent.is_dir():
        raise typer.BadParameter(f"there is no folder {path.parent}")
    return path


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:  # the last of names of folders
        raise typer.BadParameter(f"there is no zone {name!r}; one is Europe/Rome") from error
    return name


def instant_option(help_text: str) -> Any:
    """Return an option that takes an instant; one without a zone is meant in UTC."""
    return typer.Option(parser=_instant, metavar="<instant>", help=help_text)


def _instant(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no instant; one is 2021-06-23T10:30:00Z") from error


Network = Annotated[
    Path, typer.Argument(help="Our own JSON, pandapower JSON, or CIM (file, folder or zip).")
]
_POWER = "CSV: at, <consumer> kW, <consumer> kvar; a row an instant."
Power = Annotated[Path | None, typer.Option("--power", help=_POWER)]
NeededPower = Annotated[Path, typer.Option("--power", help=_POWER)]
At = Annotated[
    datetime | None,
    instant_option(
        "Instant of the state in the network file, such as 2021-06-23T10:30:00Z. Default: now."
    ),
]


class ClockChoice(Enum):
    """The choices of what the clocks of a CIM file's transformers do to angles."""

    SOLVED = "solved"
    COUNTED = "counted"
    LEFT_OUT = "left-out"


Clocks = Annotated[
    ClockChoice,
    typer.Option(
        help="Whether clocks of CIM's transformers turn angles; solved: as in the file's state."
    ),
]
VoltageBand = Annotated[
    str | None,
    typer.Option(help="Voltages that all buses may have, per unit of nominal, such as 0.9:1.1."),
]
Zone = Annotated[str, typer.Option(help="IANA zone, such as Europe/Rome.", callback=_known_zone)]
Workers = Annotated[
    str | None,
    typer.Option(
        help="Where to calculate: processes:4, or a Dask scheduler, tcp://host:port. Default: here."
    ),
]
Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", help="Write here, not to stdout.", callback=_in_a_folder),
]
OutputFile = Annotated[
    Path, typer.Option("--output", "-o", help="File to write.", callback=_in_a_folder)
]
Picture = Annotated[
    Path,
    typer.Option(
        "--output",
        "-o",
        help="File to write: .svg, .png, or .html for a page.",
        callback=_in_a_folder,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print the whole result as JSON.")]
Credentials = Annotated[
    Path, typer.Option(help="The party's client, in the form of a server's credentials.json.")
]
MarketAddress = Annotated[
    str | None, typer.Option(help="Address of the market's server. Default: the credentials'.")
]
Authority = Annotated[
    Path | None,
    typer.Option(
        help="Certificates that the market is trusted by, PEM. Default: the credentials'."
    ),
]
