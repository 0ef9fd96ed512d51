"""Agreements between an aggregator and a point of delivery's customer, kept by the contract."""

import asyncio
from collections.abc import Sequence

from platone.kernel.errors import NotOwner
from platone.ledger.domain.problem import AgreementActive, AgreementUnknown
from platone.ledger.domain.proof import tohex
from platone.ledger.records.agreement import AgreementRecords, StoredAgreement
from platone.ledger.service.ports import Contracts, Keys, Terms
from platone.ledger.service.wallet import OpenWallets
from platone.messages.ledger import Agreement, AgreementTerms


class Agree:
    """Making, ending and finding agreements.

    Args:
        store: Where they are kept.
        contracts: The chain's contracts.
        keys: The aggregators' and the operator's accounts.
        wallets: The customers' wallets.
    """

    def __init__(
        self, store: AgreementRecords, contracts: Contracts, keys: Keys, wallets: OpenWallets
    ) -> None:
        self._store = store
        self._contracts = contracts
        self._keys = keys
        self._wallets = wallets
        self._making = asyncio.Lock()

    async def make(self, terms: AgreementTerms) -> tuple[Agreement, bool]:
        """Make an agreement; the agreement, and whether it is new.

        Raises:
            WalletUnknown: The point of delivery has no wallet.
            NotOwner: Its wallet was opened by another aggregator.
            AgreementActive: Other terms are active.
        """
        wallet = await self._wallets.find(terms.pod)
        if wallet.aggregator_id != terms.aggregator_id:
            raise NotOwner(f"{terms.pod} is served by another aggregator.", podId=terms.pod)
        async with self._making:
            earlier = await self._store.agreements(terms.aggregator_id, terms.pod)
            active = next((kept for kept in reversed(earlier) if not kept.ended), None)
            if active is not None and active.terms != terms:
                raise AgreementActive(
                    f"Agreement {tohex(active.id)} is active with other terms.",
                    agreementId=tohex(active.id),
                )
            is_new = active is None
            if active is None:
                number = str(len(earlier))
                name = self._keys.name("agreement", terms.aggregator_id, terms.pod, number)
                account = self._keys.aggregator(terms.aggregator_id).address
                active = StoredAgreement(name, terms, wallet.address, account, None, ended=False)
                await self._store.save_agreement(active)
            made = await self._on_chain(active)
        return await self.show(made), is_new

    async def end(self, identifier: str) -> Agreement:
        """End an agreement: it settles no more.

        Raises:
            AgreementUnknown: There is none.
        """
        async with self._making:
            kept = await self._find(identifier)
            if not kept.ended:
                kept = await self._on_chain(kept)
                if await self._contracts.is_active(kept.id):
                    await self._contracts.end_agreement(self._keys.operator, kept.id)
                kept = _with(kept, kept.transaction, ended=True)
                await self._store.save_agreement(kept)
        return await self.show(kept)

    async def resume(self) -> None:
        """Make on the chain what an earlier run only noted."""
        async with self._making:
            for kept in await self._store.agreements():
                if kept.transaction is None:
                    await self._on_chain(kept)

    async def find(
        self, aggregator: str | None = None, pods: Sequence[str] | None = None
    ) -> list[Agreement]:
        """Agreements of an aggregator, of points of delivery, or all."""
        kept = await self._store.agreements(aggregator)
        return [await self.show(each) for each in kept if pods is None or each.terms.pod in pods]

    async def active(self, aggregator: str, pod: str) -> StoredAgreement | None:
        """The agreement that settles for an aggregator and a point of delivery."""
        kept = await self._store.agreements(aggregator, pod)
        standing = (each for each in reversed(kept) if not each.ended and each.transaction)
        return next(standing, None)

    async def show(self, kept: StoredAgreement) -> Agreement:
        """An agreement as it stands on the chain."""
        return Agreement(
            pod=kept.terms.pod,
            aggregator_id=kept.terms.aggregator_id,
            customer_share_ppm=kept.terms.customer_share_ppm,
            penalty_price=kept.terms.penalty_price,
            agreement_id=tohex(kept.id),
            wallet=kept.wallet,
            address=self._contracts.agreement_contract,
            owner=kept.account,
            active=await self._contracts.is_active(kept.id),
            transaction_hash=tohex(kept.transaction or b""),
        )

    async def _find(self, identifier: str) -> StoredAgreement:
        for kept in await self._store.agreements():
            if tohex(kept.id) == identifier:
                return kept
        raise AgreementUnknown(f"There is no agreement {identifier}.", agreementId=identifier)

    async def _on_chain(self, kept: StoredAgreement) -> StoredAgreement:
        if kept.transaction is not None:
            return kept
        terms = Terms(
            kept.id,
            kept.account,
            kept.wallet,
            kept.terms.customer_share_ppm,
            kept.terms.penalty_price,
        )
        sender = self._keys.aggregator(kept.terms.aggregator_id)
        made = _with(kept, await self._contracts.make_agreement(sender, terms), ended=kept.ended)
        await self._store.save_agreement(made)
        return made


def _with(kept: StoredAgreement, transaction: bytes | None, *, ended: bool) -> StoredAgreement:
    return StoredAgreement(kept.id, kept.terms, kept.wallet, kept.account, transaction, ended)
