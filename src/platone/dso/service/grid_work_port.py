"""The long calculations of a market day, which may run on other machines."""

from collections.abc import Sequence
from typing import Protocol

from platone.grid.flexibility.request import FlexibilityNeed, PodFlexibility
from platone.grid.flexibility.validation import Trade, Validation
from platone.grid.flow.state import ConsumerPower
from platone.grid.network.model import Network


class Sizing(Protocol):
    """Sizes requests."""

    def request(
        self, network: Network, power: ConsumerPower, flexible: Sequence[PodFlexibility]
    ) -> FlexibilityNeed:
        """See :func:`platone.grid.flexibility.request.size_request`."""
        ...


class Judging(Protocol):
    """Judges trades."""

    def validate(
        self, network: Network, baseline: ConsumerPower, trades: Sequence[Trade]
    ) -> Validation:
        """See :func:`platone.grid.flexibility.validation.validate`."""
        ...
