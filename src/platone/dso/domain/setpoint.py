"""Setpoints on their way from an aggregator to a node."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from platone.messages.registry import Setpoint


class SetpointState(Enum):
    """The states of a setpoint on its way to its node."""

    WAITING = "waiting"
    """No acknowledgement yet: it is sent again and again."""
    ACCEPTED = "accepted"
    """The node has taken it."""
    REFUSED = "refused"
    """The node, or its energy management system, said no."""
    EXPIRED = "expired"
    """Its interval went by without an acknowledgement."""


@dataclass(frozen=True, slots=True)
class TrackedSetpoint:
    """A setpoint with its state on the way to its node.

    Attributes:
        setpoint: The setpoint.
        aggregator_id: Who sent it.
        state: How far it has come.
        device: The node that it was last sent to.
        detail: Why the node refused it.
        acknowledged_at: When the node answered.
    """

    setpoint: Setpoint
    aggregator_id: str
    state: SetpointState
    device: str | None = None
    detail: str | None = None
    acknowledged_at: datetime | None = None
