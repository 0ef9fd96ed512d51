"""The file of what is flexible in a study: CSV, a row a consumer."""

from pathlib import Path
from typing import Annotated

import msgspec

from platone.grid.file.series_file import PowerSeries, read_rows
from platone.grid.flexibility.offer import PodFlexibility
from platone.grid.flow.power_factor import kvar_per_kw
from platone.grid.network.model import Network
from platone.grid.problem.file import SeriesFileInvalid
from platone.messages.base import Identifier, Message

_NotBelowZero = Annotated[float, msgspec.Meta(ge=0)]


class _FlexibilityRow(Message):
    element: Identifier
    max_up_kw: _NotBelowZero = 0.0
    max_down_kw: _NotBelowZero = 0.0
    kvar_per_kw: float | None = None
    eur_per_kwh: _NotBelowZero | None = None
    max_up_kvar: _NotBelowZero = 0.0
    max_down_kvar: _NotBelowZero = 0.0
    eur_per_kvarh: _NotBelowZero | None = None


def read_flexibility(path: Path, network: Network, series: PowerSeries) -> list[PodFlexibility]:
    """Read how far consumers can be moved, and what it costs.

    Args:
        path: The file, with the columns of the reference page.
        network: The network of the study.
        series: Its powers: reactive power follows active power as in them where the file does not
            say how.

    Raises:
        SeriesFileInvalid: A column, row or number is not right; it says which.
    """
    found: dict[str, PodFlexibility] = {}
    for row in read_rows(path, _FlexibilityRow):
        if row.element in found:
            raise SeriesFileInvalid(f"{path}: {row.element} stands in several rows.")
        own_ratio = ratio_of(row.element, network, series)
        found[row.element] = PodFlexibility(
            pod_id=row.element,
            max_up_kw=row.max_up_kw,
            max_down_kw=row.max_down_kw,
            kvar_per_kw=own_ratio if row.kvar_per_kw is None else row.kvar_per_kw,
            cost_eur_per_kwh=row.eur_per_kwh,
            max_q_up_kvar=row.max_up_kvar,
            max_q_down_kvar=row.max_down_kvar,
            cost_eur_per_kvarh=row.eur_per_kvarh,
        )
    return list(found.values())


def ratio_of(element: str, network: Network, series: PowerSeries) -> float:
    """Return a consumer's kvar by kW in a study; 0 where it withdraws nothing.

    Raises:
        SeriesFileInvalid: The network has no such consumer.
    """
    if element not in network.consumer_position:
        raise SeriesFileInvalid(f"The network has no consumer {element!r}.")
    place, power = network.consumer_position[element], series.power
    return kvar_per_kw(power.p_kw[:, place], power.q_kvar[:, place])
