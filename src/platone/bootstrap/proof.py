"""Checking a proof file for the command line, in words."""

from dataclasses import dataclass
from pathlib import Path

from platone.ledger.adapters.rpc_client import HttpRpc
from platone.ledger.domain.proof_report import report_text
from platone.ledger.domain.verification import verify_proof
from platone.ledger.service.witness import confirm


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of checking a proof.

    Attributes:
        is_valid: Whether every step holds.
        text: The steps and what they show, for a person.
    """

    is_valid: bool
    text: str


def verify_file(
    raw: bytes, *, rpc: str | None = None, sealer: str | None = None, ca: Path | None = None
) -> Verdict:
    """Check a proof file, offline; with ``rpc`` also ask a chain.

    Args:
        raw: The file's bytes.
        rpc: Address of an Ethereum JSON-RPC endpoint that is asked, too.
        sealer: The block sealer that the reader trusts.
        ca: PEM file of the authority of that endpoint.
    """
    report = verify_proof(raw, expected_sealer=sealer)
    if rpc is not None and report.valid:
        report = confirm(report, HttpRpc(rpc, None if ca is None else str(ca)))
    return Verdict(report.valid, report_text(report))
