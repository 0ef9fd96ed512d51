"""Market days of which the DSO's platform keeps a calculation."""

from datetime import date
from enum import Enum

from platone.messages.base import Instant, ListPart, Message


class Stage(Enum):
    """The stages of a market day that are calculated."""

    FORECAST = "forecast"
    """Baselines, and what earlier sessions traded."""
    AFTER_MARKET = "afterMarket"
    """With all trades of a market outcome."""
    VALIDATED = "validated"
    """With what of them the grid can take."""


class DayCalculation(Message, omit_defaults=True):
    """A calculation of a market day whose alarms are kept: of its stage the one made last.

    Attributes:
        stage: Which trades were in it.
        made_at: When it was made, by the market's clock.
        network_id: The network; none of a calculation that an earlier version of the platform kept.
        version: The network's version; likewise.
        unbalanced: Whether it told the three phases apart.
    """

    stage: Stage
    made_at: Instant
    network_id: str | None = None
    version: str | None = None
    unbalanced: bool = False


class CalculatedDay(Message):
    """A market day that was calculated.

    Attributes:
        day: The day.
        calculations: Those that are kept of it.
    """

    day: date
    calculations: list[DayCalculation]


class CalculatedDays(ListPart):
    """Market days that were calculated.

    Attributes:
        days: Those in this part of the list.
    """

    days: list[CalculatedDay]
