"""Calls to the customer database, the identity provider and the ledger, over REST."""

import msgspec

from platone.access.records.table import MEASUREMENTS
from platone.infra.http.client import PartnerRefused, PartyClient
from platone.infra.outbox import DeliveryRefused, Entry
from platone.messages.base import Submissions, SubmissionStatus
from platone.messages.ledger import NodeRegistration, RegisteredNode
from platone.messages.metering import CertificateRequest, IssuedCertificate
from platone.messages.registry import PointOfDelivery

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

    async def issue(self, csr: str, common_name: str) -> IssuedCertificate:
        """Have a certificate request signed by the identity provider."""
        request = CertificateRequest(csr=csr, common_name=common_name)
        return await self._party.post("/api/identity/certificates", request, IssuedCertificate)

    async def register(self, device: str) -> RegisteredNode:
        """Put a device's key into the register on the chain."""
        registration = NodeRegistration(device=device)
        return await self._party.post("/api/contracts/nodes", registration, RegisteredNode)

    async def deliver(self, entry: Entry) -> None:
        """Deliver an outbox entry.

        Raises:
            DeliveryRefused: The receiver will never take it, or not all of it: the entry is kept.
            PartnerUnavailable: It may take it later.
        """
        if entry.destination != MEASUREMENTS:
            await self._party.deliver(entry)
            return
        _, _, path = entry.destination.partition(" ")
        try:
            answer = await self._party.post(path, msgspec.Raw(entry.body), Submissions)
        except PartnerRefused as refusal:
            raise DeliveryRefused(refusal.detail) from refusal
        refused = [result for result in answer.results if result.status is SubmissionStatus.REFUSED]
        if refused:
            raise DeliveryRefused(
                f"{len(refused)} of {len(answer.results)} were refused, the first of them "
                f"{refused[0].id}: {refused[0].problem}"
            )
