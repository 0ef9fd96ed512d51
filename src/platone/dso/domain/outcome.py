"""Market outcomes and the DSO's answers to them."""

from dataclasses import dataclass

from platone.messages.outcome import TechnicalOutcome


@dataclass(frozen=True, slots=True)
class AnsweredOutcome:
    """A market outcome's content hash with the DSO's answer to it."""

    content_hash: str
    technical: TechnicalOutcome
