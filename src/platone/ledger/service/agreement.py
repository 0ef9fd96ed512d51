"""Agreements between an aggregator and a point of delivery's customer, kept by the contract."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from platone.kernel.errors import Kind, NotOwner, PlatoneError
from platone.ledger.domain.proof import tohex
from platone.ledger.service.ports import Contracts, Keys, Terms
from platone.ledger.service.wallet import OpenWallets
from platone.messages.ledger import Agreement, AgreementTerms


class AgreementUnknown(PlatoneError):
    """There is no agreement with this identifier."""

    slug = "agreement-unknown"
    title = "There is no such agreement"
    kind = Kind.NOT_FOUND


class AgreementActive(PlatoneError):
    """Another agreement with other terms is active for this aggregator and point of delivery.

    The market operator ends it first: so that nobody changes terms between delivery and
    settlement.
    """

    slug = "agreement-active"
    title = "Another agreement is active"
    kind = Kind.CONFLICT


@dataclass(frozen=True, slots=True)
class KeptAgreement:
    """An agreement as it is kept.

    Attributes:
        id: Its identifier on the contract, 32 bytes.
        terms: Its terms.
        wallet: The customer's wallet.
        account: The aggregator's account.
        transaction: The transaction that made it; none until then.
        ended: Whether it was ended.
    """

    id: bytes
    terms: AgreementTerms
    wallet: str
    account: str
    transaction: bytes | None
    ended: bool


class AgreementStore(Protocol):
    """Where agreements are kept."""

    async def agreements(
        self, aggregator: str | None = None, pod: str | None = None
    ) -> list[KeptAgreement]:
        """Agreements of an aggregator, of a point of delivery, or all; oldest first."""
        ...

    async def save_agreement(self, agreement: KeptAgreement) -> None:
        """Keep an agreement, new or changed."""
        ...


class Agree:
    """Making, ending and finding agreements.

    Args:
        store: Where they are kept.
        contracts: The chain's contracts.
        keys: The aggregators' and the operator's accounts.
        wallets: The customers' wallets.
    """

    def __init__(
        self, store: AgreementStore, contracts: Contracts, keys: Keys, wallets: OpenWallets
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
                active = KeptAgreement(name, terms, wallet.address, account, None, ended=False)
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

    async def active(self, aggregator: str, pod: str) -> KeptAgreement | None:
        """The agreement that settles for an aggregator and a point of delivery."""
        kept = await self._store.agreements(aggregator, pod)
        standing = (each for each in reversed(kept) if not each.ended and each.transaction)
        return next(standing, None)

    async def show(self, kept: KeptAgreement) -> Agreement:
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

    async def _find(self, identifier: str) -> KeptAgreement:
        for kept in await self._store.agreements():
            if tohex(kept.id) == identifier:
                return kept
        raise AgreementUnknown(f"There is no agreement {identifier}.", agreementId=identifier)

    async def _on_chain(self, kept: KeptAgreement) -> KeptAgreement:
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


def _with(kept: KeptAgreement, transaction: bytes | None, *, ended: bool) -> KeptAgreement:
    return KeptAgreement(kept.id, kept.terms, kept.wallet, kept.account, transaction, ended)
