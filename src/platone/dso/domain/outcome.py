"""Market outcomes and the DSO's answers to them."""

from dataclasses import dataclass
from enum import Enum

from platone.messages.outcome import TechnicalOutcome


class Stage(Enum):
    """The stages of a market day that are calculated."""

    FORECAST = "forecast"
    """Baselines, and what earlier sessions traded."""
    AFTER_MARKET = "afterMarket"
    """With all trades of a market outcome."""
    VALIDATED = "validated"
    """With what of them the grid can take."""


@dataclass(frozen=True, slots=True)
class AnsweredOutcome:
    """A market outcome's content hash with the DSO's answer to it."""

    content_hash: str
    technical: TechnicalOutcome
