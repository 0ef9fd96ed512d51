"""The topics on which the market tells each party what concerns it (D3.6 4.3.5)."""

from enum import Enum


class Topic(Enum):
    """The kinds of topics; the value begins a topic's name, a party's identifier ends it."""

    VALIDATED_OUTCOME = "validated_outcome_"
    """Its part of validated outcomes."""
    SETTLEMENT = "Settlement_"
    """Its part of settlements."""
    DISPUTE = "Dispute_"
    """Disputes about its lines."""
    QUALIFICATION = "Qualification_"
    """Steps of its units' and groups' qualification."""
    SESSION = "marketSession_"
    """Events of sessions."""

    def of(self, party: str) -> str:
        """Return the name of a party's topic of this kind."""
        return self.value + party


def topics_of(party: str) -> tuple[str, ...]:
    """Return the names of all topics of a party."""
    return tuple(topic.of(party) for topic in Topic)
