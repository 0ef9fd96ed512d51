"""The check of a paid line: its text, its number, its amounts, and the total that it is part of."""

from collections.abc import Sequence
from dataclasses import astuple

import msgspec

from platone.kernel.canonical import canonical_json
from platone.ledger.domain.event import AgreementSettled
from platone.ledger.domain.merkle import MerkleTree, salted_leaf
from platone.ledger.domain.problem import EvidenceInvalid
from platone.ledger.domain.proof import EntryTotal, Payment, Proof, SaltedText, tohex, unhex
from platone.ledger.domain.settlement import SettledLine, Total


def checked_payment(proof: Proof, event: AgreementSettled) -> Payment:
    """Return a line's payment, computed from its text, and the total that the contract was told.

    Raises:
        EvidenceInvalid: The text is no line of this entry, or the total cannot hold it, or is
            shared otherwise than the line's agreement says.
    """
    settled = read_line(proof.content)
    if settled.agreement_id != tohex(event.agreement):
        raise EvidenceInvalid("The line is of another agreement than the contract settled.")
    if settled.number != event.first_line + proof.leaf_index:
        raise EvidenceInvalid(f"The line says number {settled.number}, which is not its place.")
    amounts, shares, change = settled.amounts(), settled.shares(), settled.difference()
    told = (event.paid, event.owed, event.relieved)
    if any(own > whole for own, whole in zip(astuple(change), told, strict=True)):
        raise EvidenceInvalid("The contract was told less than this line comes to.")
    if event.customer_share_ppm != settled.customer_share_ppm:
        raise EvidenceInvalid("The customer's part of the total is not the agreement's share.")
    return Payment(
        agreement=settled.agreement_id,
        batch=tohex(event.batch),
        number=settled.number,
        customer_share_ppm=settled.customer_share_ppm,
        penalty_price=settled.penalty_price,
        least_delivery_ppm=settled.least_delivery_ppm,
        full_delivery_ppm=settled.full_delivery_ppm,
        delivered=amounts.delivered,
        deficiency=amounts.deficiency,
        net=amounts.net,
        net_before=settled.net_before,
        customer_tokens=shares.customer,
        aggregator_tokens=shares.aggregator,
        total=EntryTotal(
            first_line=event.first_line,
            count=event.count,
            paid=event.paid,
            owed=event.owed,
            relieved=event.relieved,
            customer_tokens=event.customer_tokens,
            aggregator_tokens=event.aggregator_tokens,
            is_recomputed=proof.statement is not None or event.count == 1,
        ),
    )


def check_total(proof: Proof, event: AgreementSettled) -> None:
    """Check that the lines of a whole entry come to what the contract was told.

    Raises:
        EvidenceInvalid: They are not the lines under its root, or not numbered, or one stands
            twice, or they come to something else.
    """
    texts = proof.statement or [SaltedText(content=proof.content, salt=proof.salt)]
    if len(texts) != event.count or _root(texts) != event.root:
        raise EvidenceInvalid("The lines of the statement are not those under the root.")
    lines = [read_line(text.content) for text in texts]
    for place, line in enumerate(lines):
        if line.number != event.first_line + place or line.agreement_id != tohex(event.agreement):
            raise EvidenceInvalid(f"The statement's line {place} is not numbered in its order.")
    if len({line.line.line_id for line in lines}) != len(lines):
        raise EvidenceInvalid("A trade stands twice in the statement.")
    if len({_terms(line) for line in lines}) != 1:
        raise EvidenceInvalid("The statement's lines have different terms under one agreement.")
    if Total.of(lines) != Total(event.paid, event.owed, event.relieved):
        raise EvidenceInvalid("The lines come to another total than the contract was told.")


def _terms(line: SettledLine) -> tuple[int, ...]:
    thresholds = line.least_delivery_ppm, line.full_delivery_ppm
    return line.customer_share_ppm, line.penalty_price, *thresholds


def read_line(content: str) -> SettledLine:
    """Return the settled line in a text.

    Raises:
        EvidenceInvalid: It is none, or not in its one form.
    """
    try:
        settled = msgspec.json.decode(content, type=SettledLine)
    except (msgspec.DecodeError, RecursionError) as error:
        raise EvidenceInvalid(f"The content is no settlement line: {error}") from error
    if canonical_json(settled) != content.encode():
        raise EvidenceInvalid("The settlement line is not in its canonical form.")
    return settled


def _root(texts: Sequence[SaltedText]) -> bytes:
    try:
        leaves = [salted_leaf(text.content.encode(), unhex(text.salt)) for text in texts]
    except ValueError as error:
        raise EvidenceInvalid(f"A line of the statement has no salt: {error}") from error
    return MerkleTree(leaves).root
