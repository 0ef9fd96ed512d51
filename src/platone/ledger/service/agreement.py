"""Agreements between an aggregator and a point of delivery's customer, kept by the contract."""

import asyncio
from collections.abc import Sequence

from platone.kernel.errors import NotOwner
from platone.ledger.domain.entry_word import TAG_BYTES
from platone.ledger.domain.problem import AgreementActive, AgreementUnknown
from platone.ledger.domain.proof import tohex
from platone.ledger.records.agreement import AgreementRecords, StoredAgreement
from platone.ledger.service.ports import Contracts, Keys, Terms
from platone.ledger.service.wallet import OpenWallets
from platone.messages.ledger import Agreement, AgreementTerms

_ERASED_DIGITS = 32
"""Digits of what stands for an erased name: 128 bits, which no two names share."""


def pseudonym(keys: Keys, name: str) -> str:
    """Return the pseudonym of an erased name: the same every time, and not to be guessed."""
    return keys.name("erased", name).hex()[:_ERASED_DIGITS]


class Agree:
    """Making, ending and finding of agreements.

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
        """Make an agreement; return it, and whether it is new.

        Raises:
            WalletAwaitsRegistration: No registration of the point of delivery has come yet.
            NotOwner: It is registered to another aggregator.
            AgreementActive: Other terms are active.
        """
        wallet = await self._wallets.registered(terms.pod)
        if wallet.aggregator_id != terms.aggregator_id:
            raise NotOwner(f"{terms.pod} is served by another aggregator.", podId=terms.pod)
        async with self._making:
            earlier = await self._store.agreements(terms.aggregator_id, terms.pod)
            active = next((stored for stored in reversed(earlier) if not stored.ended), None)
            if active is not None and active.terms != terms:
                raise AgreementActive(
                    f"Agreement {tohex(active.id)} is active with other terms.",
                    agreementId=tohex(active.id),
                )
            is_new = active is None
            if active is None:
                erased = await self._store.agreements(
                    terms.aggregator_id, pseudonym(self._keys, terms.pod)
                )
                number = str(len(earlier) + len(erased))
                name = self._keys.name("agreement", terms.aggregator_id, terms.pod, number)
                tag = name[:TAG_BYTES]
                account = self._keys.party(terms.aggregator_id).address
                active = StoredAgreement(tag, terms, wallet.address, account, None, ended=False)
                await self._store.save_agreement(active)
            made = await self._on_chain(active)
        return await self.show(made), is_new

    async def follow_wallet(self, pod: str) -> None:
        """Have a point of delivery's agreements pay to its wallet, where that has moved.

        What the contract knows cannot be changed, so each is ended and made anew, on its terms.
        """
        wallet = await self._wallets.find(pod)
        for stored in await self._store.agreements():
            if stored.terms.pod == pod and not stored.ended and stored.wallet != wallet.address:
                await self.end(tohex(stored.id))
                if stored.terms.aggregator_id == wallet.aggregator_id:
                    await self.make(stored.terms)

    async def end(self, identifier: str) -> Agreement:
        """End an agreement: it settles no more.

        Raises:
            AgreementUnknown: There is none.
        """
        async with self._making:
            stored = await self._find(identifier)
            if not stored.ended:
                stored = await self._on_chain(stored)
                if await self._contracts.is_active(stored.id):
                    await self._contracts.end_agreement(self._keys.operator, stored.id)
                stored = _with(stored, stored.transaction, ended=True)
                await self._store.save_agreement(stored)
        return await self.show(stored)

    async def resume(self) -> None:
        """Make on the chain what an earlier run only noted."""
        async with self._making:
            for stored in await self._store.agreements():
                if stored.transaction is None:
                    await self._on_chain(stored)

    async def find(
        self, aggregator: str | None = None, pods: Sequence[str] | None = None
    ) -> list[Agreement]:
        """Return agreements of an aggregator, of points of delivery, or all."""
        stored = await self._store.agreements(aggregator)
        return [await self.show(each) for each in stored if pods is None or each.terms.pod in pods]

    async def named(self, identifier: str) -> AgreementTerms:
        """Return the terms of an agreement.

        Raises:
            AgreementUnknown: There is none.
        """
        return (await self._find(identifier)).terms

    async def active(self, aggregator: str, pod: str) -> StoredAgreement | None:
        """Return the agreement that settles for an aggregator and a point of delivery."""
        stored = await self._store.agreements(aggregator, pod)
        standing = (each for each in reversed(stored) if not each.ended and each.transaction)
        return next(standing, None)

    async def show(self, stored: StoredAgreement) -> Agreement:
        """Return an agreement as it stands on the chain."""
        return Agreement(
            pod=stored.terms.pod,
            aggregator_id=stored.terms.aggregator_id,
            customer_share_ppm=stored.terms.customer_share_ppm,
            penalty_price=stored.terms.penalty_price,
            least_delivery_ppm=stored.terms.least_delivery_ppm,
            full_delivery_ppm=stored.terms.full_delivery_ppm,
            agreement_id=tohex(stored.id),
            wallet=stored.wallet,
            address=self._contracts.agreement_contract,
            owner=stored.account,
            active=await self._contracts.is_active(stored.id),
            transaction_hash=tohex(stored.transaction or b""),
        )

    async def _find(self, identifier: str) -> StoredAgreement:
        for stored in await self._store.agreements():
            if tohex(stored.id) == identifier:
                return stored
        raise agreement_unknown(identifier)

    async def _on_chain(self, stored: StoredAgreement) -> StoredAgreement:
        if stored.transaction is not None:
            return stored
        terms = Terms(
            holder=stored.holder,
            penalty_price=stored.terms.penalty_price,
            least_delivery_ppm=stored.terms.least_delivery_ppm,
            full_delivery_ppm=stored.terms.full_delivery_ppm,
        )
        sender = self._keys.party(stored.terms.aggregator_id)
        made = _with(
            stored, await self._contracts.make_agreement(sender, terms), ended=stored.ended
        )
        await self._store.save_agreement(made)
        return made


def agreement_unknown(identifier: str) -> AgreementUnknown:
    """Return the problem of an agreement that is not there, or that is not the caller's."""
    return AgreementUnknown(f"You have no agreement {identifier}.", agreementId=identifier)


def _with(stored: StoredAgreement, transaction: bytes | None, *, ended: bool) -> StoredAgreement:
    return StoredAgreement(
        stored.tag, stored.terms, stored.wallet, stored.account, transaction, ended
    )
