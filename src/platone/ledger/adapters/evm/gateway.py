"""The contracts as the use cases know them: calls become transactions, events become answers."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from eth_hash.auto import keccak

from platone.kernel.signature import SigningKey, checksum_address
from platone.ledger.adapters.evm.chain import Intent, Outcome, account
from platone.ledger.adapters.evm.deployment import Deployment
from platone.ledger.adapters.evm.port import ChainView, Evidence, FoundLog, TransactionWriter
from platone.ledger.adapters.evm.revert import revert_reason
from platone.ledger.adapters.evm.view import call_data
from platone.ledger.domain.event import (
    AGREEMENT_SETTLED,
    ANCHORED,
    AgreementSettled,
    label,
    read_event,
)
from platone.ledger.domain.problem import (
    ContractRefused,
    EvidenceInvalid,
    ProofImpossible,
)
from platone.ledger.domain.proof import Proof, tohex
from platone.ledger.domain.receipt import Log, Receipt
from platone.ledger.domain.trie import list_proof
from platone.ledger.domain.verification import with_claims
from platone.ledger.service.ports import (
    BlockPlace,
    DueEntry,
    NodeEntry,
    Settled,
    Terms,
    charges_of,
)

_ENTRY = "(uint256,bytes32,uint256)"
_CHARGE = "(address,int256)"
_ENDED_AT = 5
"""The place of its end in an agreement as the contract gives it."""
_TERMS = "uint256,uint256,uint256,uint256"
_MADE = keccak(f"AgreementMade(bytes32,address,address,{_TERMS},address)".encode())
_REGISTERED = keccak(b"NodeRegistered(address,address)")
_REVOKED = keccak(b"NodeRevoked(address,address)")


class ContractGateway:
    """The ledger's contracts over one chain.

    Args:
        writer: Makes transactions.
        view: Reads state and events.
        deployment: Where the contracts stand.
    """

    def __init__(self, writer: TransactionWriter, view: ChainView, deployment: Deployment) -> None:
        self._writer = writer
        self._view = view
        self._at = deployment
        self.agreement_contract = checksum_address(deployment.agreement)

    async def anchor(self, certifier: SigningKey, root: bytes, kind: str, count: int) -> bytes:
        """Anchor a root, and return the transaction; one anchored before is found again."""
        signature = "anchor(bytes32,bytes32,uint256)"
        values = (root, label(kind), count)
        return await self._once(
            certifier, self._at.certification, signature, values, (ANCHORED, root)
        )

    async def anchored_at(self, root: bytes) -> datetime | None:
        """Return when a root was first anchored; none where it was not."""
        found = await self._view.events(self._at.certification, ANCHORED, root)
        return found[0].made_at if found else None

    async def block_of(self, transaction: bytes) -> BlockPlace | None:
        """Return the block of a transaction; none where the chain holds none."""
        found = await self._view.block_of(transaction)
        return None if found is None else BlockPlace(found.number, found.made_at)

    async def make_agreement(self, sender: SigningKey, terms: Terms) -> bytes:
        """Make an agreement, and return the transaction; one made before is found again."""
        signature = f"make_agreement(uint256,address,address,{_TERMS})"
        values = (
            int.from_bytes(terms.holder.tag),
            terms.holder.account,
            terms.holder.wallet,
            terms.holder.customer_share_ppm,
            terms.penalty_price,
            terms.least_delivery_ppm,
            terms.full_delivery_ppm,
        )
        event = _MADE, terms.holder.agreement
        return await self._once(sender, self._at.agreement, signature, values, event)

    async def end_agreement(self, operator: SigningKey, agreement: bytes) -> bytes:
        """End an agreement, and return the transaction's hash."""
        signature = "end_agreement(bytes32)"
        outcome = await self._send(operator, self._at.agreement, signature, (agreement,))
        return outcome.transaction

    async def ended_at(self, agreement: bytes) -> datetime | None:
        """Return when an agreement ended; none where it stands, or was never made."""
        gives = ("address", "address", *("uint256",) * 6)
        kept = await self._ask(self._at.agreement, "agreements(bytes32)", (agreement,), gives)
        return datetime.fromtimestamp(kept[_ENDED_AT], UTC) if kept[_ENDED_AT] else None

    async def next_line(self, agreement: bytes) -> int:
        """Return the number that an agreement's next line has; 0 where there is no agreement."""
        signature = "next_line(bytes32)"
        found = await self._ask(self._at.agreement, signature, (agreement,), ("uint256",))
        return int(found[0])

    async def settle(
        self, operator: SigningKey, batch: bytes, entries: Sequence[DueEntry]
    ) -> bytes:
        """Settle entries and charge who asked, all or nothing, and return the transaction."""
        payees = list(dict.fromkeys(each.payee for each in entries))
        values = [
            (each.holder.word, each.root, each.numbers(payees.index(each.payee)).word)
            for each in entries
        ]
        signature = f"settle(bytes32,uint256[],{_ENTRY}[],{_CHARGE}[])"
        charges = sorted(charges_of(entries).items())
        call = (batch, payees, values, charges)
        outcome = await self._send(operator, self._at.agreement, signature, call)
        return outcome.transaction

    async def check_quiet(self, operator: SigningKey) -> None:
        """Check that no payment of an earlier run is on its way.

        Raises:
            ChainUnavailable: One is: what the contract says may change while it is read.
        """
        await self._writer.check_quiet(operator.address, self._at.agreement)

    async def settled(self, batch: bytes) -> list[Settled]:
        """Return the entries that were settled under a batch's name."""
        logs = await self._view.events(self._at.agreement, AGREEMENT_SETTLED, batch)
        events = [(read_event(found.log), found.transaction) for found in logs]
        return [Settled(event, at) for event, at in events if isinstance(event, AgreementSettled)]

    async def charged(self, requester: str) -> int:
        """Return the charges of a requester, 1e-18 EUR; negative: it is due money."""
        signature = "charged(address)"
        found = await self._ask(self._at.agreement, signature, (requester,), ("int256",))
        return int(found[0])

    async def owed(self, agreement: bytes) -> int:
        """Return the debt of the aggregator of an agreement from it, 1e-18 EUR."""
        signature = "owed(bytes32)"
        found = await self._ask(self._at.agreement, signature, (agreement,), ("uint256",))
        return int(found[0])

    async def supply(self) -> int:
        """Return the sum of all tokens, 1e-18 token."""
        return int((await self._ask(self._at.agreement, "totalSupply()", (), ("uint256",)))[0])

    async def balance(self, holder: str) -> int:
        """Return the balance of an account, 1e-18 token."""
        found = await self._ask(self._at.agreement, "balanceOf(address)", (holder,), ("uint256",))
        return int(found[0])

    async def register_node(self, registrar: SigningKey, device: str) -> None:
        """Admit a device."""
        await self._send(registrar, self._at.node_register, "register(address)", (device,))

    async def revoke_node(self, registrar: SigningKey, device: str) -> None:
        """Withdraw a device for good."""
        await self._send(registrar, self._at.node_register, "revoke(address)", (device,))

    async def node(self, device: str) -> NodeEntry | None:
        """Return a device's entry in the register."""
        gives = ("uint256", "uint256", "address", "address")
        entry = await self._ask(self._at.node_register, "nodes(address)", (device,), gives)
        if not entry[0]:
            return None
        about = account(device).rjust(32, b"\0")
        name = _REVOKED if entry[1] else _REGISTERED
        found = await self._find(self._at.node_register, name, about)
        return NodeEntry(
            datetime.fromtimestamp(entry[0], UTC),
            datetime.fromtimestamp(entry[1], UTC) if entry[1] else None,
            b"" if found is None else found.transaction,
        )

    async def prove(self, draft: Proof, transaction: bytes, root: bytes) -> Proof:
        """Complete a proof with the chain's evidence that an event holds this root."""
        evidence = await self._view.evidence(transaction)
        if evidence is None:
            raise LookupError(f"The chain holds no transaction {transaction.hex()}.")
        return await asyncio.to_thread(_proven, draft, evidence, root)

    async def _once(
        self,
        sender: SigningKey,
        contract: bytes,
        signature: str,
        values: Sequence[object],
        event: tuple[bytes, bytes],
    ) -> bytes:
        """Send what a contract takes once only; where that was done before, find it again."""
        intent = Intent(sender, contract, call_data(signature, values))
        if not await self._writer.is_under_way(intent):
            found = await self._find(contract, *event)
            if found is not None:
                return found.transaction
        return (await self._done(intent)).transaction

    async def _send(
        self, sender: SigningKey, contract: bytes, signature: str, values: Sequence[object]
    ) -> Outcome:
        return await self._done(Intent(sender, contract, call_data(signature, values)))

    async def _done(self, intent: Intent) -> Outcome:
        outcome = await self._writer.submit(intent)
        if not outcome.succeeded:
            reason = revert_reason(outcome.output) or "it gave no reason"
            raise ContractRefused(reason, transactionHash=tohex(outcome.transaction))
        return outcome

    async def _ask(
        self, contract: bytes, signature: str, values: Sequence[object], gives: Sequence[str]
    ) -> tuple[Any, ...]:
        return await self._view.call(contract, signature, values, gives)

    async def _find(self, contract: bytes, topic: bytes, about: bytes) -> FoundLog | None:
        found = await self._view.events(contract, topic, about)
        return found[-1] if found else None


def _proven(draft: Proof, evidence: Evidence, root: bytes) -> Proof:
    """Return a proof with the way from the block's header to the event of a root."""
    transactions, receipts = evidence.transactions, evidence.receipts
    logs = Receipt.decode(receipts[evidence.position]).logs
    index = next((at for at, log in enumerate(logs) if _root_of(log) == root), None)
    if index is None:
        raise LookupError(f"The transaction emitted no event of the root {root.hex()}.")
    proof = msgspec.structs.replace(
        draft,
        log_index=index,
        transaction_index=evidence.position,
        transaction_proof=[tohex(node) for node in list_proof(transactions, evidence.position)],
        receipt_proof=[tohex(node) for node in list_proof(receipts, evidence.position)],
        header=tohex(evidence.header),
        seal=tohex(evidence.seal),
    )
    try:
        return with_claims(proof)
    except EvidenceInvalid as error:
        raise ProofImpossible(str(error)) from error


def _root_of(log: Log) -> bytes | None:
    event = read_event(log)
    return None if event is None else event.root
