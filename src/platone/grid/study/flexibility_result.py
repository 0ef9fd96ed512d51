"""Requests and validations with their instants."""

from dataclasses import dataclass, field
from datetime import datetime

from platone.grid.flexibility.request import FlexibilityNeed
from platone.grid.flexibility.validation import Trade, Validation
from platone.grid.network.model import Network
from platone.grid.result.study import to_request_run, to_validation_run
from platone.grid.shown import Shown
from platone.grid.study.flow_result import Alarms, known
from platone.messages.grid import RequestRun, ValidationRun


@dataclass(frozen=True, repr=False)
class RequestResult(Shown, FlexibilityNeed):
    """A request; a FlexibilityNeed of ``grid.flexibility`` that knows its instants.

    Attributes:
        network: The network, with the voltage band that was given.
        instants: Of the quarter-hours, by scenario; empty: not known.
    """

    network: Network = field(kw_only=True)
    instants: tuple[datetime, ...] = ()

    def alarms(self) -> Alarms:
        """Return the limits that are broken without the request, the worst first."""
        return Alarms(self.violations, self.instants)

    def message(self) -> RequestRun:
        """Return the request as it goes on the wire.

        Raises:
            InstantsMissing: The instants are not known.
        """
        return to_request_run(self.network, self, known(self.instants))


@dataclass(frozen=True, repr=False)
class ValidationResult(Shown, Validation):
    """A validation; a Validation of ``grid.flexibility`` that knows its trades and instants.

    Attributes:
        network: The network, with the voltage band that was given.
        trades: What was judged, in the order of the verdicts.
        instants: Of the quarter-hours, by scenario; empty: not known.
    """

    network: Network = field(kw_only=True)
    trades: tuple[Trade, ...] = ()
    instants: tuple[datetime, ...] = ()

    def alarms(self) -> Alarms:
        """Return the limits that all trades together would break, the worst first."""
        return Alarms(self.violations, self.instants)

    def message(self) -> ValidationRun:
        """Return the validation as it goes on the wire.

        Raises:
            InstantsMissing: The instants are not known.
        """
        return to_validation_run(self.network, self.trades, self, known(self.instants))
