"""Checking a proof file for the command line, in words."""

from dataclasses import dataclass
from pathlib import Path

from platone.ledger.adapters.rpc_client import HttpRpc
from platone.ledger.domain.verification import ProofReport, verify_proof
from platone.ledger.service.witness import confirm

_MARKS = {True: "ok  ", False: "FAIL", None: "note"}
_SHOWN_CHARACTERS = 600
"""Characters of a proven text that are printed: the file holds the rest."""


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
    return Verdict(report.valid, _report_text(report))


def _report_text(report: ProofReport) -> str:
    lines = [f"{_MARKS[check.passed]} {check.name:<12} {check.detail}" for check in report.checks]
    if not report.valid or report.claims is None:
        return "\n".join([*lines, "", "NOT PROVEN."])
    kind = "record" if report.claims.kind == "mixed" else report.claims.kind
    lines += ["", f"PROVEN: this {kind} stood in block {report.claims.block_number}."]
    lines += [
        f"  signed {signer.signed} as {signer.role}: {signer.address}" for signer in report.signers
    ]
    lines += [f"  {value}" for value in report.values]
    content = report.content or ""
    more = f" … ({len(content)} characters)" if len(content) > _SHOWN_CHARACTERS else ""
    return "\n".join([*lines, f"  content: {content[:_SHOWN_CHARACTERS]}{more}"])
