"""The chain as a witness: does it say the same as a proof file of block, contract and register?

A proof already stands by its signatures. The chain adds what a file cannot know: that the block
is part of the chain that others see, and how a device stands in the register today.
"""

from typing import Any, Protocol

from eth_hash.auto import keccak

from platone.ledger.domain.problem import RpcUnavailable
from platone.ledger.domain.proof import Claims, Payment
from platone.ledger.domain.proof_report import Check, ProofReport

_ANCHORED = "0x" + keccak(b"Anchored(bytes32,bytes32,address,uint256)").hex()
_AGREEMENTS = keccak(b"agreements(bytes32)")[:4]
_NEXT_LINE = keccak(b"next_line(bytes32)")[:4]
_NODES = keccak(b"nodes(address)")[:4]
_WORD_DIGITS = 64
"""Hexadecimal digits of a word of the contracts' ABI."""


class Rpc(Protocol):
    """A client of a chain's Ethereum JSON-RPC."""

    def call(self, method: str, *params: object) -> Any:
        """Return the result of a call.

        Raises:
            RpcUnavailable: There is none.
        """
        ...


def confirm(report: ProofReport, rpc: Rpc) -> ProofReport:
    """Return a valid report with what the chain says added; invalid where it contradicts."""
    if report.claims is None:
        return report
    checks = list(report.checks)
    for ask in (_ask_chain, _ask_block, _ask_contract, _ask_register):
        try:
            check = ask(report.claims, rpc)
        except RpcUnavailable as error:
            check = Check(name="rpc", passed=False, detail=f"The chain cannot be asked: {error}")
        checks += [] if check is None else [check]
        if check is not None and check.passed is False:
            return ProofReport(valid=False, checks=checks)
    return ProofReport(
        valid=report.valid,
        checks=checks,
        signers=report.signers,
        claims=report.claims,
        content=report.content,
        values=report.values,
    )


def _ask_chain(claims: Claims, rpc: Rpc) -> Check:
    found = int(rpc.call("eth_chainId"), 16)
    passed = found == claims.chain_id
    return Check(name="rpc chain", passed=passed, detail=f"The chain asked is number {found}.")


def _ask_block(claims: Claims, rpc: Rpc) -> Check:
    block = rpc.call("eth_getBlockByNumber", hex(claims.block_number), False)  # noqa: FBT003 - positional on the wire
    found = None if block is None else block["hash"]
    passed = found == claims.block_hash
    says = "the same block" if passed else f"another block ({found})"
    detail = f"At height {claims.block_number} the chain has {says}."
    return Check(name="rpc block", passed=passed, detail=detail)


def _ask_contract(claims: Claims, rpc: Rpc) -> Check:
    if claims.payment is not None:
        return _ask_agreement(claims.contract, claims.payment, rpc)
    where = {"blockHash": claims.block_hash, "address": claims.contract}
    passed = bool(rpc.call("eth_getLogs", where | {"topics": [_ANCHORED, claims.root]}))
    says = "emitted it" if passed else "did not emit it"
    detail = f"By the chain, the contract {says} in that block."
    return Check(name="rpc contract", passed=passed, detail=detail)


def _ask_agreement(contract: str, payment: Payment, rpc: Rpc) -> Check:
    """Ask whether the agreement has these terms, and has settled a line of this number."""
    agreement = _view(rpc, contract, _AGREEMENTS, payment.agreement)
    next_line = _view(rpc, contract, _NEXT_LINE, payment.agreement)
    thresholds = (payment.least_delivery_ppm, payment.full_delivery_ppm)
    said = (payment.customer_share_ppm, payment.penalty_price, *thresholds)
    known = (*agreement[2:4], *agreement[6:8])
    passed = said == known and next_line[:1] > [payment.number]
    says = "has the agreement on these terms, and has settled" if passed else "does not know"
    detail = f"The contract, asked, {says} its line {payment.number}."
    return Check(name="rpc contract", passed=passed, detail=detail)


def _ask_register(claims: Claims, rpc: Rpc) -> Check | None:
    """Ask how the device stands; the server, which is to be trusted, names the register."""
    if claims.device is None:
        return None
    try:
        register = rpc.call("platone_getContracts")["NodeRegister"]
    except RpcUnavailable:
        detail = "This server does not tell where the register of devices is."
        return Check(name="rpc register", passed=None, detail=detail)
    registered_at, revoked_at = (_view(rpc, register, _NODES, claims.device) or [0, 0])[:2]
    before = bool(registered_at) and registered_at <= claims.block_time
    after = not revoked_at or revoked_at > claims.block_time
    detail = f"The chain's register {'had' if before and after else 'did not have'} the device"
    detail += " when the content was certified"
    detail += ", and revoked it later." if before and revoked_at and after else "."
    return Check(name="rpc register", passed=before and after, detail=detail)


def _view(rpc: Rpc, contract: str, name: bytes, about: str) -> list[int]:
    """Return the words of a view's answer; none where there is no such contract."""
    data = "0x" + name.hex() + about.removeprefix("0x").lower().rjust(_WORD_DIGITS, "0")
    digits = str(rpc.call("eth_call", {"to": contract, "data": data}, "latest"))[2:]
    return [int(digits[i : i + _WORD_DIGITS], 16) for i in range(0, len(digits), _WORD_DIGITS)]
