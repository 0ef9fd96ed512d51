"""Calls to the customer database, the identity provider and the ledger, over REST."""

import msgspec

from platone.access.domain.certification import message_of
from platone.access.domain.dead_letter import MessageName, Unshared
from platone.access.records.table import CERTIFICATION
from platone.infra.http.client import PartyClient
from platone.infra.http.partner_problem import PartnerRefused
from platone.infra.http.security import TokenInvalid
from platone.infra.outbox import Entry
from platone.messages.ledger import CertificationRecord, NodeRegistration, RegisteredNode
from platone.messages.metering import CertificateRequest, IssuedCertificate
from platone.messages.registry import Measurement, PointOfDelivery

_HOLDER_GONE = "/problems/holder-gone"
"""The problem of a token that still counts, and whose holder is gone."""
_NOT_FOUND = 404
"""HTTP status of an answer that knows nothing of what was asked."""


class Partners:
    """A client of the other parties' systems, in the name of the metered data administrator.

    Args:
        party: The administrator's client.
    """

    def __init__(self, party: PartyClient) -> None:
        self._party = party

    async def pod(self, pod_id: str) -> PointOfDelivery | None:
        """Return a point of delivery; None where there is none."""
        try:
            return await self._party.get(f"/api/scd/pods/{pod_id}", PointOfDelivery)
        except PartnerRefused as refusal:
            if refusal.status == _NOT_FOUND:
                return None
            raise

    async def issue(self, request: CertificateRequest) -> IssuedCertificate:
        """Have a certificate request signed by the identity provider.

        Raises:
            TokenInvalid: Who has asked for it is gone, though its token still counts.
        """
        path = "/api/identity/certificates"
        try:
            return await self._party.post(path, request, IssuedCertificate)
        except PartnerRefused as refusal:
            problem = refusal.fields.get("partnerProblem")
            if isinstance(problem, dict) and problem.get("type") == _HOLDER_GONE:
                raise TokenInvalid("The token counts no more: ask for another one.") from refusal
            raise

    async def register(self, device: str) -> RegisteredNode:
        """Put a device's key into the register on the chain."""
        registration = NodeRegistration(device=device)
        return await self._party.post("/api/contracts/nodes", registration, RegisteredNode)

    async def deliver(self, entry: Entry) -> list[Unshared]:
        """Deliver an outbox entry, and return the messages of which something is refused for good.

        Raises:
            DeliveryRefused: The receiver will never take any of it: the entry is kept.
            PartnerUnavailable: It may take it later.
        """
        is_certification = entry.destination == CERTIFICATION
        return [
            Unshared(
                _certified_message(it.item) if is_certification else _measured_message(it.item),
                entry.destination,
                it.slug,
                it.detail,
            )
            for it in await self._party.deliver_items(entry)
        ]


def _certified_message(item: bytes) -> MessageName:
    return message_of(msgspec.json.decode(item, type=CertificationRecord).id)


def _measured_message(item: bytes) -> MessageName:
    measured = msgspec.json.decode(item, type=Measurement)
    return measured.device, measured.sequence
