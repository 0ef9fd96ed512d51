"""Proofs that a forger makes well-formed: each false step is refused, and named."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from platone.kernel.signature import SigningKey
from platone.ledger.domain.evidence import LATEST_S
from platone.ledger.domain.merkle import root_from_path
from platone.ledger.domain.proof import Proof
from platone.ledger.domain.proof_report import ProofReport
from platone.ledger.domain.transaction import SignedTransaction, Transaction
from platone.ledger.domain.verification import verify_proof

from .forged_proof import (
    CONTRACT,
    EUR,
    MICRO,
    SENDER,
    anchored,
    line,
    settled,
    signed,
    statement,
    tree,
)


def failed(proof: Proof) -> tuple[str, str]:
    """The step that a proof stops at, and why."""
    report = verify_proof(proof.encode())
    assert not report.valid
    assert (report.claims, report.content, report.values, report.signers) == (None, None, [], [])
    check = report.checks[-1]
    assert check.passed is False
    return check.name, check.detail


def passed(report: ProofReport) -> list[str]:
    assert report.valid, report.checks
    return [check.name for check in report.checks if check.passed]


STEPS = ["form", "seal", "transaction", "event", "inclusion"]


def test_a_true_proof_of_a_reading_names_every_check_and_its_value() -> None:
    report = verify_proof(anchored([signed()] * 3, 1).proof().encode())
    assert passed(report) == [*STEPS, "device", "claims"]
    assert report.values == [
        "IT001, 15 minutes from 2021-06-23T10:30:00+00:00: 2.45 kWh withdrawn (measured)"
    ]
    assert report.claims is not None
    assert (report.claims.event, report.claims.tree_size) == ("Anchored", 3)


def test_a_true_proof_of_a_line_names_every_check() -> None:
    texts = [line(), line(2, 10)]
    forgery = settled(texts, 1, paid=7 * EUR, owed=11 * EUR)
    assert passed(verify_proof(forgery.proof().encode())) == [*STEPS, "payment", "claims"]
    whole = verify_proof(forgery.proof(statement=statement(texts)).encode())
    assert passed(whole) == [*STEPS, "payment", "total", "claims"]
    alone = verify_proof(settled([line()], paid=7 * EUR).proof().encode())
    assert passed(alone) == [*STEPS, "payment", "total", "claims"]


@pytest.mark.parametrize("index", [3, 4, 7, 2**64, -1])
def test_a_leaf_beyond_the_tree_is_none(index: int) -> None:
    texts = [signed()] * 3
    found = failed(anchored(texts).draft(leaf_index=index))
    assert found[0] == "inclusion"
    leaf = tree(texts).path(1)[0]
    with pytest.raises(ValueError, match="has no leaf"):
        root_from_path(leaf, index, 3, tree(texts).path(0))


def test_a_lonely_leaf_has_no_second_place() -> None:
    assert failed(anchored([signed()]).draft(leaf_index=1))[0] == "inclusion"
    assert failed(settled([line()], paid=7 * EUR).draft(leaf_index=1))[0] == "inclusion"


def unsigned() -> bytes:
    body = Transaction(chain_id=1, nonce=0, gas=1, to=CONTRACT, data=b"")
    return SignedTransaction(body, bytes(64) + b"\x1b").encode()


def high_signed() -> bytes:
    """The twin of a signature, which Ethereum refuses (EIP-2)."""
    made = Transaction(chain_id=1, nonce=0, gas=1, to=CONTRACT, data=b"").sign(SENDER)
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    twin = order - int.from_bytes(made.signature[32:64])
    other = made.signature[:32] + twin.to_bytes(32) + bytes([55 - made.signature[64]])
    return SignedTransaction(made.body, other).encode()


@pytest.mark.parametrize(
    ("changes", "step", "says"),
    [
        ({"transaction": unsigned()}, "transaction", "not signed"),
        ({"transaction": high_signed()}, "transaction", "not signed"),
        ({"transaction": b"\x02nothing"}, "transaction", "not well-formed"),
        ({"transaction": b"\x01" + unsigned()[1:]}, "transaction", "not well-formed"),
        ({"receipt": b"\x02nothing"}, "event", "not well-formed"),
        ({"receipt": b"\x01\xc0"}, "event", "not well-formed"),
        ({"succeeded": False}, "event", "changed nothing"),
        ({"name": b"\x11" * 32}, "event", "no certification and no settlement"),
        ({"topics": ()}, "event", "not well-formed"),
        ({"data": b""}, "event", "not well-formed"),
        ({"timestamp": LATEST_S + 1}, "seal", "beyond the year"),
        ({"texts": ["8 kWh"]}, "inclusion", "do not lead"),
    ],
)
def test_a_false_step_is_named(changes: dict[str, Any], step: str, says: str) -> None:
    forgery = anchored([signed()])
    for name, value in changes.items():
        setattr(forgery, name, value)
    found = failed(forgery.draft())
    assert found[0] == step
    assert says in found[1]


def test_a_block_is_of_the_years_that_have_dates() -> None:
    forgery = anchored([signed()])
    forgery.timestamp = 253_402_300_799  # the last second of 9999, by the Gregorian calendar
    assert datetime.fromtimestamp(forgery.timestamp, UTC).year == 9999
    assert verify_proof(forgery.proof().encode()).valid
    forgery.timestamp += 1
    assert failed(forgery.draft())[0] == "seal"


@pytest.mark.parametrize("places", [{"log_index": 1}, {"log_index": -1}])
def test_an_event_elsewhere_is_none(places: dict[str, int]) -> None:
    step, says = failed(anchored([signed()]).draft(**places))
    assert (step, says) == ("event", "The receipt has no event at this place.")


@pytest.mark.parametrize("kind", ["reading", "settlement"])
def test_a_devices_signature_is_one(kind: str) -> None:
    """In the form of one, with an end that none has; whatever kind of record it is in."""
    message = msgspec.json.decode(signed()) | {"signature": "0x" + "0" * 130}
    wrong = msgspec.json.encode(message).decode()
    step, why = failed(anchored([wrong], kind=kind).draft())
    assert step == "device"
    assert why.startswith("The device's signature is none")


@pytest.mark.parametrize(
    "text",
    ["8 kWh", "{}", signed(SigningKey()), signed(device=SigningKey().address), "[" * 10_000],
)
def test_a_reading_needs_its_devices_signature(text: str) -> None:
    assert failed(anchored([text]).draft())[0] == "device"
    if "signature" not in text:  # other kinds of records need none; a false one is never taken
        assert verify_proof(anchored([text], kind="settlement").proof().encode()).valid


NO_LINES = [
    "{}",
    "no line",
    "[" * 10_000,
    line() + " ",
    line().replace('"number":1', '"number":1.0'),
    line().replace('{"agreementId"', '{"extra":1,"agreementId"'),
    line().replace("+00:00", "Z").replace("2021-06-23T10:30:00Z", "2021-06-23T10:30:00+00:00"),
]


@pytest.mark.parametrize("text", NO_LINES)
def test_a_text_that_is_no_settlement_line_or_not_in_its_one_form(text: str) -> None:
    assert failed(settled([text], paid=7 * EUR).draft())[0] == "payment"


@pytest.mark.parametrize(
    ("text", "sums", "says"),
    [
        (line(agreement_id="0x" + "67" * 32), {}, "another agreement"),
        (line(2), {}, "not its place"),
        (line(0), {}, "not its place"),
        (line(), {"paid": 7 * EUR - 1}, "told less"),
        (line(measured=10), {"owed": 11 * EUR - 1}, "told less"),
        (line(customer_share_ppm=800_001), {}, "not the agreement's share"),
        (line(), {"share": 800_001}, "not the agreement's share"),
    ],
)
def test_a_payment_that_does_not_follow_from_the_line(
    text: str, sums: dict[str, int], says: str
) -> None:
    step, detail = failed(settled([text], **({"paid": 7 * EUR} | sums)).draft())
    assert step == "payment"
    assert says in detail


def total_of(texts: list[str], given: list[str], **sums: int) -> str:
    """Why a statement is refused."""
    forgery = settled(texts, **({"paid": 7 * EUR} | sums))
    step, detail = failed(forgery.draft(statement=statement(given)))
    assert step == "total"
    return detail


def test_a_statement_that_is_not_what_was_paid() -> None:
    pair = [line(), line(2, 10)]
    assert "not those under the root" in total_of(pair, pair[:1], owed=11 * EUR)
    assert "not those under the root" in total_of(pair, [*pair, line(3)], owed=11 * EUR)
    assert "not those under the root" in total_of(pair, pair[::-1], owed=11 * EUR)
    assert "another total" in total_of(pair, pair, owed=11 * EUR + 1)
    assert "another total" in total_of([line()], [line()], owed=1)
    gap = [line(), line(3, 10)]
    assert "not numbered" in total_of(gap, gap, owed=11 * EUR)
    other = [line(), line(2, 10, agreement_id="0x" + "67" * 32)]
    assert "not numbered" in total_of(other, other, owed=11 * EUR)
    twice = [line(), line(2, 10, name="trade-1")]
    assert "stands twice" in total_of(twice, twice, owed=11 * EUR)
    dearer = [line(), line(2, 10, penalty_price=12 * MICRO)]
    assert "different terms" in total_of(dearer, dearer, owed=12 * EUR)
    assert "no settlement line" in total_of([line(), "{}"], [line(), "{}"])


def test_salts_of_a_statement_have_their_length() -> None:
    texts = [line()]
    short = [msgspec.structs.replace(each, salt="0x00") for each in statement(texts)]
    step, detail = failed(settled(texts, paid=7 * EUR).draft(statement=short))
    assert (step, "has no salt" in detail) == ("total", True)


def test_a_reading_has_no_statement() -> None:
    step, _ = failed(anchored([signed()]).draft(statement=statement([signed()])))
    assert step == "total"
