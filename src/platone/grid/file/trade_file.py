"""The file of trades that a study validates: CSV, a row a trade."""

from pathlib import Path

from platone.grid.file.flexibility_file import ratio_of
from platone.grid.file.series_file import PowerSeries, read_rows
from platone.grid.flexibility.validation import Trade
from platone.grid.network.model import Network
from platone.grid.problem.file import SeriesFileInvalid
from platone.messages.base import Identifier, Instant, Message


class _TradeRow(Message):
    at: Instant
    element: Identifier
    change_kw: float
    eur_per_kwh: float = 0.0


def read_trades(path: Path, network: Network, series: PowerSeries) -> list[Trade]:
    """Read trades in the file's order; reactive power follows active power as in the powers.

    Args:
        path: The file, with the columns of the reference page.
        network: The network of the study.
        series: Its powers, whose instants the trades are at.

    Raises:
        SeriesFileInvalid: A column, row, element or instant is not right; it says which.
    """
    places = {instant: place for place, instant in enumerate(series.instants)}
    found = []
    for row in read_rows(path, _TradeRow):
        ratio = ratio_of(row.element, network, series)
        if row.at not in places:
            raise SeriesFileInvalid(f"{path}: the study has no instant {row.at}.")
        found.append(
            Trade(
                pod_id=row.element,
                scenario=places[row.at],
                change_kw=row.change_kw,
                price_eur_per_kwh=row.eur_per_kwh,
                kvar_per_kw=ratio,
            )
        )
    return found
