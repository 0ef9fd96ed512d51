"""Bodies and answers of the DSO platform's routes that no other party speaks."""

from typing import Any

import msgspec

from platone.messages.base import (
    Identifier,
    Instant,
    ListPart,
    Message,
    PodId,
    Submission,
)
from platone.messages.registry import Setpoint


class NetworkRemark(Message):
    """A remark on reading a network; it did not keep the network from being calculated.

    Attributes:
        element: The element that it is about.
        reason: What was noted.
    """

    element: str
    reason: str


class NetworkSubmission(Submission):
    """The answer to a network that was stored, with the remarks on reading it.

    Attributes:
        remarks: What was noted on reading it.
    """

    remarks: list[NetworkRemark] = msgspec.field(default_factory=list)


class PodPom(Message):
    """The point of measurement that feeds a point of delivery.

    Attributes:
        pod_id: The point of delivery.
        po_m_id: The point of measurement that feeds it.
    """

    pod_id: PodId
    po_m_id: Identifier


class Associations(Message):
    """The result of an association.

    Attributes:
        network_id: The network it was computed on.
        version: Its version.
        associations: What customers took.
        not_registered: PoDs of the network that customers does not know.
        not_on_network: Registered PoDs that the network does not connect.
        refused: What customers refused: problems by PoD.
    """

    network_id: str
    version: str
    associations: list[PodPom]
    not_registered: list[str]
    not_on_network: list[str]
    refused: dict[str, Any]


class SetpointStatus(Setpoint):
    """A setpoint with its state on the way to its node.

    Attributes:
        aggregator_id: Who sent it.
        status: waiting, accepted, refused or expired.
        device: The node that it was sent to.
        detail: Why the node refused it.
        acknowledged_at: When the node answered.
    """

    aggregator_id: str
    status: str
    device: str | None = None
    detail: str | None = None
    acknowledged_at: Instant | None = None


class SetpointPage(ListPart):
    """Setpoints by identifier.

    Attributes:
        setpoints: Those in this part of the list.
    """

    setpoints: list[SetpointStatus]
