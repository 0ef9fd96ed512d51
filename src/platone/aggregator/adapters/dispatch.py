"""Delivery of the calls that wait in the outbox, each with its own party's token."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from platone.aggregator.domain.call import AGREEMENT, WALLET
from platone.aggregator.records.call import REFUSED, WAITING, CallRecords, StoredCall
from platone.aggregator.records.portfolio import PortfolioRecords
from platone.infra.http.client import PartyClient
from platone.infra.http.partner_problem import PartnerRefused, PartnerUnavailable
from platone.infra.outbox import DeliveryRefused, Entry
from platone.messages.base import SubmissionStatus
from platone.messages.ledger import WalletOpening

_ON_REGISTRATION = frozenset({WALLET, AGREEMENT})
"""Steps that rest on a PoD's registration: the ledger waits for it, however long that takes."""


class CallDelivery:
    """Makes the calls of the outbox and records the result for each PoD.

    Args:
        records: The results of the calls.
        portfolio: The portfolios that are stored.
        clients: Each party's calls to the others.
    """

    def __init__(
        self,
        records: CallRecords,
        portfolio: PortfolioRecords,
        clients: Mapping[str, PartyClient],
    ) -> None:
        self._records = records
        self._portfolio = portfolio
        self._clients = clients

    async def deliver(self, entry: Entry) -> None:
        """Deliver one entry of the outbox to the party that it is for.

        Raises:
            DeliveryRefused: The other party will never take it.
            PartnerUnavailable: It may take it later.
        """
        call = msgspec.json.decode(entry.body, type=StoredCall)
        client = self._clients.get(call.party)
        if client is None:
            raise DeliveryRefused(f"{call.party} is not served here.")
        if call.step in _ON_REGISTRATION:
            await self._check_registered(call)
        send = client.put if call.method == "PUT" else client.post
        try:
            answer: Any = await send(call.path, await self._content(call), object)
        except PartnerRefused as refusal:
            problem = refusal.fields.get("partnerProblem") or {"detail": refusal.detail}
            await self._records.save_result(call, dict.fromkeys(call.pods, problem))
            raise DeliveryRefused(refusal.detail) from refusal
        await self._records.save_result(
            call, _problems(call.pods, answer), _late(call.pods, answer)
        )

    async def _content(self, call: StoredCall) -> object:
        """Return a call's content: of a wallet its opening as the portfolio has it now.

        The address of before would be waited for in vain.
        """
        if call.step != WALLET:
            return call.content
        (pod_id,) = call.pods
        now = await self._portfolio.find(call.party, pod_id)
        return call.content if now is None else WalletOpening.of(now.pod)

    async def _check_registered(self, call: StoredCall) -> None:
        """Check that a call's PoDs are registered; the ledger would wait for ever for others.

        Raises:
            DeliveryRefused: A registration was refused.
            PartnerUnavailable: A registration is not answered yet.
        """
        states = {pod: await self._records.registration(call.party, pod) for pod in call.pods}
        if WAITING in states.values():
            raise PartnerUnavailable(f"The registration of {', '.join(states)} is on its way.")
        if REFUSED in states.values():
            problem = {"title": "The registration was refused"}
            await self._records.save_result(call, dict.fromkeys(call.pods, problem))
            raise DeliveryRefused(f"The registration of {', '.join(states)} was refused.")


def _late(pods: Sequence[str], answer: object) -> dict[str, object]:
    """Return for which sessions a baseline came too late, by PoD."""
    results = answer.get("results", ()) if isinstance(answer, dict) else ()
    return {
        pod: {"title": "The baseline does not count for some sessions", "doesNotCountFor": late}
        for pod, result in zip(pods, results, strict=False)
        if (late := result.get("doesNotCountFor"))
    }


def _problems(pods: Sequence[str], answer: object) -> dict[str, object]:
    """Return why items of a bulk call were refused, by PoD; answers are in the items' order."""
    results = answer.get("results", ()) if isinstance(answer, dict) else ()
    return {
        pod: result.get("problem") or {"title": "refused"}
        for pod, result in zip(pods, results, strict=False)
        if result.get("status") == SubmissionStatus.REFUSED.value
    }
