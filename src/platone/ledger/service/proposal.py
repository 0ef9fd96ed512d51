"""Proposals of agreements: an aggregator proposes terms, the customer accepts or refuses them."""

import logging
from dataclasses import dataclass

import msgspec

from platone.kernel.clock import Clock
from platone.kernel.errors import NotOwner, PlatoneError
from platone.ledger.domain.problem import ProposalAnswered, ProposalUnknown
from platone.ledger.records.proposal import ProposalRecords
from platone.ledger.service.agreement import Agree
from platone.ledger.service.wallet import OpenWallets
from platone.messages.ledger import AgreementProposal, AgreementTerms, ProposalState

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ProposeTerms:
    """Takes proposals and their answers; what is accepted is an agreement on the chain.

    Attributes:
        store: Where they are kept.
        agree: Makes agreements.
        wallets: Tell whose a point of delivery is.
        clock: The market's clock.
    """

    store: ProposalRecords
    agree: Agree
    wallets: OpenWallets
    clock: Clock

    async def propose(self, terms: AgreementTerms) -> tuple[AgreementProposal, bool]:
        """Propose terms to a customer; return the proposal, and whether it is new.

        Raises:
            WalletAwaitsRegistration: No registration of the point of delivery has come yet.
            NotOwner: No customer with an account is there.
        """
        wallet = await self.wallets.registered(terms.pod, terms.aggregator_id)
        if wallet.customer_id is None:
            raise NotOwner(f"Nobody has an account for {terms.pod} to accept by.", podId=terms.pod)
        return await self.store.add(terms, self.clock.now())

    async def accept(
        self, number: int, customer: str
    ) -> tuple[AgreementProposal, AgreementTerms | None]:
        """Accept a proposal: its agreement takes the place of an earlier one.

        Returns:
            The proposal, and the terms that were in force before; None where there were none.

        Raises:
            ProposalUnknown: There is none to this customer.
            ProposalAnswered: It is not open any more.
            NotOwner: Another aggregator serves the point of delivery now.
        """
        found = await self._to(number, customer)
        wallet = await self.wallets.find(found.pod)
        if wallet.aggregator_id != found.aggregator_id:
            raise NotOwner(f"{found.pod} is served by another aggregator now.", podId=found.pod)
        is_pending = found.state is ProposalState.ACCEPTED and found.agreement_id is None
        if not is_pending:
            await self._answer(found, ProposalState.ACCEPTED)
        was = await self.agree.active(found.aggregator_id, found.pod)
        return await self._make(found), was

    async def refuse(self, number: int, customer: str) -> AgreementProposal:
        """Refuse a proposal; raises as :meth:`accept`."""
        return await self._answer(await self._to(number, customer), ProposalState.REFUSED)

    async def withdraw(self, number: int, aggregator: str) -> AgreementProposal:
        """Take a proposal back; raises as :meth:`accept`, where it is not the aggregator's."""
        found = await self.store.find(number)
        if found is None or found.aggregator_id != aggregator:
            raise _unknown(number)
        return await self._answer(found, ProposalState.WITHDRAWN)

    async def resume(self) -> None:
        """Make the agreements that an earlier run accepted and did not make."""
        for found in await self.store.pending():
            try:
                await self._make(found)
            except PlatoneError as error:  # the customer accepts again, or the aggregator changed
                _log.warning("proposal %d has no agreement: %s", found.number, error.detail)

    async def _make(self, found: AgreementProposal) -> AgreementProposal:
        terms = {name: getattr(found, name) for name in AgreementTerms.__struct_fields__}
        agreement = await self.agree.renew(AgreementTerms(**terms))
        await self.store.note(found.number, agreement.agreement_id)
        return msgspec.structs.replace(
            found, state=ProposalState.ACCEPTED, agreement_id=agreement.agreement_id
        )

    async def _answer(self, found: AgreementProposal, state: ProposalState) -> AgreementProposal:
        if not await self.store.answer(found.number, state):
            now = await self.store.find(found.number)
            told = (now or found).state.value
            raise ProposalAnswered(f"Proposal {found.number} is {told}.", state=told)
        return msgspec.structs.replace(found, state=state)

    async def _to(self, number: int, customer: str) -> AgreementProposal:
        found = await self.store.find(number)
        if found is None or found.pod not in await self.wallets.pods_of(customer):
            raise _unknown(number)
        return found


def _unknown(number: int) -> ProposalUnknown:
    return ProposalUnknown(f"You have no proposal {number}.", number=number)
