"""Wallets: one for each point of delivery, at the customer's own address or in our keeping."""

import asyncio
from dataclasses import replace

from platone.kernel.decimal_text import decimal_text
from platone.kernel.errors import NotOwner
from platone.kernel.signature import checksum_address
from platone.ledger.domain.problem import WalletAwaitsRegistration, WalletUnknown
from platone.ledger.domain.proof_text import TOKEN_DECIMALS
from platone.ledger.records.wallet import PodWallet, WalletRecords
from platone.ledger.service.ports import Contracts, Keys
from platone.messages.ledger import Wallet, WalletOpening


class OpenWallets:
    """Opening of wallets, and reading of what they hold.

    Args:
        wallets: Where they are kept.
        contracts: The chain's contracts.
        keys: Where custodial keys are made.
    """

    def __init__(self, wallets: WalletRecords, contracts: Contracts, keys: Keys) -> None:
        self._wallets = wallets
        self._contracts = contracts
        self._keys = keys

    async def open(
        self, pod: str, opening: WalletOpening, aggregator: str | None
    ) -> tuple[Wallet, bool]:
        """Open a wallet, or change it; return it, and whether it is new.

        The registry decides whose a wallet is: the market opens it when it takes a registration.
        An aggregator may only repeat what was registered for it.

        Args:
            pod: The point of delivery.
            opening: The customer's own address, or none for a custodial wallet; whose it is.
            aggregator: The calling aggregator; none where the caller may act for all.

        Raises:
            WalletAwaitsRegistration: An aggregator calls before its registration has come, or
                before that of the address that it names.
            NotOwner: It names another aggregator.
        """
        known = await self._wallets.wallet(pod)
        if aggregator is not None:
            return await self.show(_checked(pod, known, opening, aggregator)), False
        if known is None:
            address = opening.address
            if address is None:  # its key is on the disk before it is used
                address = await asyncio.to_thread(self._keys.new_wallet)
            known = PodWallet(pod, _shown(address), opening.aggregator_id, opening.customer_id)
            await self._wallets.save_wallet(known)
            return await self.show(known), True
        changed = replace(
            known,
            address=_shown(opening.address) if opening.address else known.address,
            aggregator_id=opening.aggregator_id,
            customer_id=opening.customer_id or known.customer_id,
        )
        if changed != known:
            await self._wallets.save_wallet(changed)
        return await self.show(changed), False

    async def find(self, pod: str) -> PodWallet:
        """Return a point of delivery's wallet.

        Raises:
            WalletUnknown: It has none.
        """
        wallet = await self._wallets.wallet(pod)
        if wallet is None:
            raise WalletUnknown(f"No wallet was opened for {pod}.", podId=pod)
        return wallet

    async def all(self) -> dict[str, PodWallet]:
        """Return all wallets, by point of delivery."""
        return await self._wallets.wallets()

    async def registered(self, pod: str, aggregator: str) -> PodWallet:
        """Return the wallet of a point of delivery that an aggregator's registration has come for.

        Raises:
            WalletAwaitsRegistration: None has come yet, or the last one is another aggregator's.
        """
        return _registered(pod, await self._wallets.wallet(pod), aggregator)

    async def pods_of(self, customer: str) -> list[str]:
        """Return the points of delivery whose wallets belong to a customer."""
        return await self._wallets.pods_of(customer)

    async def show(self, wallet: PodWallet) -> Wallet:
        """Return a wallet with its balance, read from the chain."""
        tokens = await self._contracts.balance(wallet.address)
        return Wallet(
            id_wallet=wallet.address, pod=wallet.pod, balance=decimal_text(tokens, TOKEN_DECIMALS)
        )


def _shown(address: str) -> str:
    """Return an address with the capitals of its checksum (EIP-55)."""
    return checksum_address(bytes.fromhex(address[2:]))


def _checked(
    pod: str, known: PodWallet | None, opening: WalletOpening, aggregator: str
) -> PodWallet:
    """Return a wallet that an aggregator repeats as it was registered."""
    if opening.aggregator_id != aggregator:
        raise NotOwner(f"The wallet of {pod} would be another aggregator's.", podId=pod)
    known = _registered(pod, known, aggregator)
    if opening.address is not None and _shown(opening.address) != known.address:
        raise WalletAwaitsRegistration(
            f"{pod} has its wallet at {known.address}; no registration of another has come yet.",
            podId=pod,
        )
    return known


def _registered(pod: str, known: PodWallet | None, aggregator: str) -> PodWallet:
    """Return a wallet that is an aggregator's; the registration that says so may be on its way."""
    if known is None or known.aggregator_id != aggregator:
        raise WalletAwaitsRegistration(
            f"No registration of {pod} for {aggregator} has come yet.", podId=pod
        )
    return known
