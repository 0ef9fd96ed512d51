"""The report of a proof's check: its steps, what they show, and how a person reads them."""

import msgspec

from platone.ledger.domain.evidence import MIXED
from platone.ledger.domain.proof import Claims
from platone.messages.base import Message

_MARKS = {True: "ok  ", False: "FAIL", None: "note"}
"""The marks of steps that hold, that do not, and that are the reader's to judge."""
_NO_MARK = "n/a "
"""The mark of a step that does not apply to a text."""
_SHOWN_CHARACTERS = 600
"""Characters of a proven text that are printed: the file holds the rest."""


class Check(Message):
    """One step of a verification.

    Attributes:
        name: What was checked.
        passed: Whether it holds; none where it is the reader's to establish, or does not apply.
        detail: In plain words, what is shown, or why not.
        applies: Whether a text of this kind can pass or fail it.
    """

    name: str
    passed: bool | None
    detail: str
    applies: bool = True


class Signer(Message):
    """A party whose signature a proof rests on."""

    address: str
    role: str
    signed: str


class ProofReport(Message):
    """The result of checking a proof.

    Attributes:
        valid: Whether every step that applies holds.
        checks: The steps, in their order; a failed one tells why.
        signers: By whose signatures; only where it is valid.
        claims: What is proven; only where it is valid.
        content: The certified text; only where it is valid.
        values: What the text says, in people's units; only where it is valid.
    """

    valid: bool
    checks: list[Check]
    signers: list[Signer] = msgspec.field(default_factory=list)
    claims: Claims | None = None
    content: str | None = None
    values: list[str] = msgspec.field(default_factory=list)


def _mark(check: Check) -> str:
    return _MARKS[check.passed] if check.applies else _NO_MARK


def _network_agreed(report: ProofReport) -> bool:
    """Return whether a node was asked, and has the block."""
    return any(check.name == "rpc block" and check.passed for check in report.checks)


def report_text(report: ProofReport) -> str:
    """Return the steps of a check and what they show, for a person."""
    lines = [f"{_mark(check)} {check.name:<12} {check.detail}" for check in report.checks]
    if not report.valid or report.claims is None:
        return "\n".join([*lines, "", "NOT PROVEN."])
    kind = "record" if report.claims.kind == MIXED else report.claims.kind
    where = f"stood in block {report.claims.block_number}."
    if report.claims.sealer is None and not _network_agreed(report):
        where = f"stood in a block of the hash {report.claims.block_hash}."
    lines += ["", f"PROVEN: this {kind} {where}"]
    lines += [
        f"  signed {signer.signed} as {signer.role}: {signer.address}" for signer in report.signers
    ]
    lines += [f"  {value}" for value in report.values]
    content = report.content or ""
    more = f" … ({len(content)} characters)" if len(content) > _SHOWN_CHARACTERS else ""
    return "\n".join([*lines, f"  content: {content[:_SHOWN_CHARACTERS]}{more}"])
