"""The check of a proof file without any server: what it shows, and by whose signatures."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from platone.ledger.domain.event import AgreementSettled, Anchored
from platone.ledger.domain.evidence import (
    MIXED,
    SETTLEMENT_LINE,
    SealedBlock,
    check_inclusion,
    proven_event,
    proven_transaction,
    sealed_block,
    signing_device,
)
from platone.ledger.domain.payment import check_total, checked_payment, read_line
from platone.ledger.domain.problem import EvidenceInvalid, ProofMalformed
from platone.ledger.domain.proof import Claims, Payment, Proof, tohex
from platone.ledger.domain.proof_report import Check, ProofReport, Signer
from platone.ledger.domain.proof_text import say_payment, say_total, shown_values

T = TypeVar("T")
_CAPITAL = re.compile("[A-Z]")
"""The beginning of a further word within a kind's name."""


class _Stopped(Exception):
    """A step failed; the checks say which."""


def verify_proof(
    raw: bytes,
    *,
    expected_sealer: str | None = None,
    expected_chain: int | None = None,
    expected_contract: str | None = None,
) -> ProofReport:
    """Check a proof file, offline.

    Args:
        raw: The file's bytes; any changed byte makes it fail.
        expected_sealer: The address that the reader trusts to seal blocks.
        expected_chain: The chain id that the reader expects.
        expected_contract: The contract that the reader trusts with this kind of event.
    """
    checks: list[Check] = []
    try:
        proof = _step(checks, "form", lambda: Proof.decode(raw), lambda _: "It is in its one form.")
        claims = _derive(proof, checks)
        _step(checks, "claims", lambda: _agree(proof, claims), lambda _: "It claims no more.")
    except _Stopped:
        return ProofReport(valid=False, checks=checks)
    checks += [
        _trusted_block(claims, expected_sealer),
        _expect("chain", claims.chain_id, expected_chain),
        _expect("contract", claims.contract, expected_contract),
    ]
    if any(check.passed is False for check in checks):
        return ProofReport(valid=False, checks=checks)
    return ProofReport(
        valid=True,
        checks=checks,
        signers=list(_signers(claims)),
        claims=claims,
        content=proof.content,
        values=shown_values(claims, proof.content),
    )


def with_claims(proof: Proof) -> Proof:
    """Return a proof with what its evidence shows written into it.

    Raises:
        EvidenceInvalid: The evidence does not hold.
    """
    checks: list[Check] = []
    try:
        return msgspec.structs.replace(proof, claims=_derive(proof, checks))
    except _Stopped as error:
        raise EvidenceInvalid(checks[-1].detail) from error


def _step(
    checks: list[Check],
    name: str,
    derive: Callable[[], T],
    say: Callable[[T], str],
    applies: Callable[[T], bool] = lambda _: True,
) -> T:
    """Run one step, and record in plain words how it went."""
    try:
        found = derive()
    except (EvidenceInvalid, ProofMalformed) as error:
        checks.append(Check(name=name, passed=False, detail=str(error)))
        raise _Stopped from error
    does = applies(found)
    passed = True if does else None
    checks.append(Check(name=name, passed=passed, detail=say(found), applies=does))
    return found


def _derive(proof: Proof, checks: list[Check]) -> Claims:
    """Run every step from the evidence to what it shows."""
    block = _step(checks, "seal", lambda: sealed_block(proof), _say_block, _is_sealed)
    transaction = _step(
        checks,
        "transaction",
        lambda: proven_transaction(proof, block.header),
        lambda found: (
            f"{found.sender} signed a transaction in it, for chain {found.body.chain_id}."
        ),
    )
    contract, event = _step(
        checks,
        "event",
        lambda: proven_event(proof, block.header),
        lambda found: f"It made contract {found[0]} emit {type(found[1]).__name__}.",
    )
    _step(
        checks,
        "inclusion",
        lambda: check_inclusion(proof, event),
        lambda _: "The content with its salt is under the hash in that event.",
    )
    kind = event.kind if isinstance(event, Anchored) else SETTLEMENT_LINE
    device = _step(
        checks,
        "device",
        lambda: signing_device(proof.content, kind),
        lambda found: _say_device(found, kind),
        lambda found: found is not None,
    )
    payment: Payment | None = None
    if isinstance(event, AgreementSettled):
        payment = _derive_payment(proof, event, checks)
    elif proof.statement is not None:
        _step(checks, "total", _refuse_statement, str)
    return Claims(
        kind=kind,
        root=tohex(event.root),
        tree_size=event.count,
        event=type(event).__name__,
        contract=contract,
        certifier=transaction.sender,
        transaction_hash=tohex(transaction.hash),
        chain_id=transaction.body.chain_id,
        block_number=block.header.number,
        block_hash=tohex(block.hash),
        block_time=block.header.timestamp,
        sealer=block.sealer,
        device=device,
        payment=payment,
        validators=[each.name for each in block.validators],
    )


def _derive_payment(proof: Proof, event: AgreementSettled, checks: list[Check]) -> Payment:
    payment = _step(
        checks,
        "payment",
        lambda: checked_payment(proof, event),
        lambda found: say_payment(found, read_line(proof.content).line),
    )
    if payment.total.is_recomputed:
        _step(checks, "total", lambda: check_total(proof, event), lambda _: say_total(payment))
    return payment


def _refuse_statement() -> None:
    raise EvidenceInvalid("The file adds a statement to a record that is no settlement line.")


def _agree(proof: Proof, claims: Claims) -> None:
    if proof.claims != claims:
        raise EvidenceInvalid("The file claims something else than its evidence shows.")


def _trusted_block(claims: Claims, expected_sealer: str | None) -> Check:
    """Return by whose word the block is part of a chain."""
    if claims.sealer is not None or expected_sealer is not None:
        return _expect("sealer", claims.sealer, expected_sealer)
    detail = (
        f"That block {claims.block_number} of chain {claims.chain_id} has the hash "
        f"{claims.block_hash} is not shown by the file: ask a node of that network, with --rpc."
    )
    return Check(name="network", passed=None, detail=detail)


def _expect(name: str, found: object, expected: object) -> Check:
    if expected is None:
        detail = f"The {name} is {found}: whether to trust it is yours to establish."
        return Check(name=name, passed=None, detail=detail)
    if str(found).lower() == str(expected).lower():
        return Check(name=name, passed=True, detail=f"The {name} is {found}, as you expect.")
    detail = f"The {name} is {found}, but you expect {expected}."
    return Check(name=name, passed=False, detail=detail)


def _is_sealed(block: SealedBlock) -> bool:
    return block.sealer is not None


def _say_block(block: SealedBlock) -> str:
    at = datetime.fromtimestamp(block.header.timestamp, UTC).isoformat()
    if block.sealer is None:
        return f"Block {block.header.number}, of {at}, is a network's: it bears no seal."
    if block.validators:
        names = ", ".join(each.name for each in block.validators)
        count = f"{len(block.validators)} of {block.members} members"
        return f"{names} signed block {block.header.number}, of {at}: {count} of {block.sealer}."
    return f"{block.sealer} sealed block {block.header.number}, of {at}."


def _say_device(device: str | None, kind: str) -> str:
    if device is None:
        what = "another text" if kind == MIXED else f"a {_CAPITAL.sub(_small, kind)}"
        return f"Devices sign readings; this is {what}, which no device signs."
    return f"Light Node {device} signed the content."


def _small(capital: re.Match[str]) -> str:
    return f" {capital[0].lower()}"


def _signers(claims: Claims) -> Iterator[Signer]:
    if claims.device is not None:
        yield Signer(address=claims.device, role="Light Node", signed="the content")
    yield Signer(address=claims.certifier, role="certifier", signed="the transaction")
    if claims.sealer is not None:
        role = f"consortium ({', '.join(claims.validators)})" if claims.validators else "sealer"
        yield Signer(address=claims.sealer, role=role, signed="the block")
