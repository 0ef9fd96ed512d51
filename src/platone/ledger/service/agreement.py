"""Agreements between an aggregator and a point of delivery's customer, kept by the contract."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from platone.infra.listing import Listed, Part
from platone.kernel.clock import Clock
from platone.ledger.domain.agreement import KnownAgreement, agreement_at
from platone.ledger.domain.entry_word import TAG_BYTES
from platone.ledger.domain.problem import AgreementActive, AgreementUnknown
from platone.ledger.domain.proof import tohex
from platone.ledger.records.agreement import AgreementRecords
from platone.ledger.records.wallet import PodWallet
from platone.ledger.service.ports import Contracts, Keys, Terms
from platone.ledger.service.wallet import OpenWallets
from platone.messages.ledger import Agreement, AgreementTerms

_DIGITS = 64
"""Hexadecimal digits of an agreement's identifier: 32 bytes."""
_HEX = frozenset("0123456789abcdef")
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
        clock: The market's clock.
    """

    def __init__(
        self,
        store: AgreementRecords,
        contracts: Contracts,
        keys: Keys,
        wallets: OpenWallets,
        clock: Clock,
    ) -> None:
        self._clock = clock
        self._store = store
        self._contracts = contracts
        self._keys = keys
        self._wallets = wallets
        self._making = asyncio.Lock()

    async def make(self, terms: AgreementTerms) -> tuple[Agreement, bool]:
        """Make an agreement; return it, and whether it is new.

        Raises:
            WalletAwaitsRegistration: The registration for this aggregator has not come yet.
            AgreementActive: Other terms are active.
        """
        wallet = await self._wallets.registered(terms.pod, terms.aggregator_id)
        async with self._making:
            earlier = await self._store.agreements(terms.aggregator_id, terms.pod)
            active = next((stored for stored in reversed(earlier) if not stored.has_ended), None)
            if active is not None and active.terms != terms:
                raise AgreementActive(
                    f"Agreement {tohex(active.id)} is active with other terms.",
                    agreementId=tohex(active.id),
                )
            is_new = active is None
            if active is None:
                since = self._clock.now().replace(microsecond=0)
                active = await self._note(terms, wallet.address, since)
            made = await self._on_chain(active)
        return await self.show(made), is_new

    async def renew(self, terms: AgreementTerms) -> Agreement:
        """Make an agreement in place of the one with other terms; raises as :meth:`make`.

        What was traded before counts under the terms of then.
        """
        for stored in await self._store.agreements(terms.aggregator_id, terms.pod):
            if not stored.has_ended and stored.terms != terms:
                await self.end(tohex(stored.id))
        made, _ = await self.make(terms)
        return made

    async def follow_wallet(self, pod: str) -> None:
        """Have a point of delivery's agreements pay to its wallet, where that has moved.

        What the contract knows cannot be changed, so each is ended and made anew, on its terms.
        """
        wallet = await self._wallets.find(pod)
        async with self._making:
            stored = await self._store.agreements(pod=pod)
            await self._move(stored, wallet)

    async def end(self, identifier: str) -> Agreement:
        """End an agreement: it settles what was traded before, and no more.

        Raises:
            AgreementUnknown: There is none.
        """
        async with self._making:
            ended = await self._ended(await self._find(identifier))
        return await self.show(ended)

    async def resume(self) -> None:
        """Make on the chain what an earlier run only noted, and follow wallets that have moved."""
        async with self._making:
            of_pod: dict[str, list[KnownAgreement]] = {}
            for stored in await self._store.agreements():
                of_pod.setdefault(stored.terms.pod, []).append(stored)
            wallets = await self._wallets.all()
            for pod, agreements in of_pod.items():
                if pod in wallets:
                    await self._move(agreements, wallets[pod])
            for stored in await self._store.agreements():
                if stored.transaction is None:
                    await self._on_chain(stored)

    async def _move(self, agreements: Sequence[KnownAgreement], wallet: PodWallet) -> None:
        """End the agreements of a point of delivery that pay elsewhere than to its wallet.

        What continues one is noted first: so a stop at any step leaves no customer without.
        """
        standing = [each for each in agreements if not each.has_ended]
        for old in [each for each in standing if each.wallet != wallet.address]:
            following = next((each for each in standing if _continues(each, old, wallet)), None)
            if following is None and old.terms.aggregator_id == wallet.aggregator_id:
                following = await self._note(old.terms, wallet.address, old.since)
                standing.append(following)
            await self._ended(old)
            if following is not None:
                await self._on_chain(following)

    async def _note(self, terms: AgreementTerms, wallet: str, since: datetime) -> KnownAgreement:
        """Store an agreement that is to be made on the chain; it has a name of its own."""
        earlier = await self._store.agreements(terms.aggregator_id, terms.pod)
        erased = await self._store.agreements(terms.aggregator_id, pseudonym(self._keys, terms.pod))
        number = str(len(earlier) + len(erased))
        name = self._keys.name("agreement", terms.aggregator_id, terms.pod, number)
        noted = KnownAgreement(
            tag=name[:TAG_BYTES],
            terms=terms,
            wallet=wallet,
            account=self._keys.party(terms.aggregator_id).address,
            since=since,
        )
        await self._store.save_agreement(noted)
        return noted

    async def _ended(self, stored: KnownAgreement) -> KnownAgreement:
        """End an agreement on the chain, and note when."""
        if stored.has_ended:
            return stored
        stored = await self._on_chain(stored)
        if await self._contracts.ended_at(stored.id) is None:
            await self._contracts.end_agreement(self._keys.operator, stored.id)
        ended = replace(stored, ended_at=await self._contracts.ended_at(stored.id))
        await self._store.save_agreement(ended)
        return ended

    async def find(
        self,
        part: Part,
        aggregator: str | None = None,
        pods: Collection[str] | None = None,
        as_of: datetime | None = None,
    ) -> Listed[Agreement]:
        """Return agreements of an aggregator, of points of delivery, in force then, or all."""
        found = await self._store.listed(part, aggregator, pods, as_of)
        return Listed([await self.show(each) for each in found.items], found.next)

    async def active(self, aggregator: str, pod: str) -> Agreement | None:
        """Return the agreement that stands with a point of delivery; None where none does."""
        for stored in await self._store.agreements(aggregator, pod):
            if not stored.has_ended:
                return await self.show(stored)
        return None

    async def named(self, identifier: str) -> AgreementTerms:
        """Return the terms of an agreement.

        Raises:
            AgreementUnknown: There is none.
        """
        return (await self._find(identifier)).terms

    async def counting(
        self, aggregator: str, pod: str, traded_at: datetime | None
    ) -> KnownAgreement | None:
        """Return the agreement that counts for a trade of an aggregator and a point of delivery."""
        return agreement_at(await self._store.agreements(aggregator, pod), traded_at)

    async def show(self, stored: KnownAgreement) -> Agreement:
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
            active=await self._contracts.ended_at(stored.id) is None,
            since=stored.since,
            ended_at=stored.ended_at,
            transaction_hash=tohex(stored.transaction or b""),
        )

    async def _find(self, identifier: str) -> KnownAgreement:
        digits = identifier.removeprefix("0x")
        is_whole = len(digits) == _DIGITS and set(digits) <= _HEX
        stored = await self._store.named(bytes.fromhex(digits)) if is_whole else None
        if stored is None:
            raise agreement_unknown(identifier)
        return stored

    async def _on_chain(self, stored: KnownAgreement) -> KnownAgreement:
        if stored.transaction is not None:
            return stored
        terms = Terms(
            holder=stored.holder,
            penalty_price=stored.terms.penalty_price,
            least_delivery_ppm=stored.terms.least_delivery_ppm,
            full_delivery_ppm=stored.terms.full_delivery_ppm,
        )
        sender = self._keys.party(stored.terms.aggregator_id)
        made = replace(stored, transaction=await self._contracts.make_agreement(sender, terms))
        await self._store.save_agreement(made)
        return made


def _continues(new: KnownAgreement, old: KnownAgreement, wallet: PodWallet) -> bool:
    """Return whether an agreement is the one that continues another, at the wallet of now."""
    return new.terms == old.terms and new.wallet == wallet.address


def agreement_unknown(identifier: str) -> AgreementUnknown:
    """Return the problem of an agreement that is not there, or that is not the caller's."""
    return AgreementUnknown(f"You have no agreement {identifier}.", agreementId=identifier)
