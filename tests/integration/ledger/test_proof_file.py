"""A proof file against change: any altered byte, and forgeries that keep the form."""

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.integration.ledger.test_contract_api import line, settle

from platone.kernel.canonical import canonical_json
from platone.kernel.signature import SigningKey
from platone.ledger.adapters.evm.chain import Intent
from platone.ledger.adapters.evm.gateway import ContractGateway
from platone.ledger.adapters.evm.view import ThreadedView, call_data
from platone.ledger.domain.event import label
from platone.ledger.domain.merkle import salted_leaf
from platone.ledger.domain.proof import FORMAT, Proof
from platone.ledger.domain.proof_report import ProofReport
from platone.ledger.domain.verification import verify_proof
from platone.messages.metering import SignedMessage

DEVICE = SigningKey(b"\x41" * 32)
PAYLOAD = '{"energyWh":570000,"note":"città","pod":"IT002E61899978"}'
POD = "IT002E61899978"


def reading() -> str:
    signature = "0x" + DEVICE.sign(PAYLOAD.encode()).hex()
    message = SignedMessage(device=DEVICE.address, payload=PAYLOAD, signature=signature)
    return canonical_json(message).decode()


@pytest.fixture
async def reading_proof(running: Any) -> bytes:
    records = [
        {"id": f"r{n}", "kind": "reading", "content": reading(), "salt": f"0x{n:064x}"}
        for n in range(6)
    ]
    await running.administrator.post("/api/certification", json={"records": records})
    answer = await running.administrator.get("/api/certification/proof/r4")
    return bytes(answer.content)


@pytest.fixture
async def payment_proof(running: Any) -> bytes:
    await running.operator.put(f"/api/contracts/wallets/{POD}", json={"aggregatorId": "ACEAE"})
    terms = {"pod": POD, "aggregatorId": "ACEAE", "customerSharePpm": 800_000}
    await running.aggregator.post("/api/contracts/agreements", json=terms)
    await settle(running, "s1", line(1, price=30_000), line(2, price=30_000))
    answer = await running.auditor.get("/api/certification/proof/trade/2")
    return bytes(answer.content)


def reason(report: ProofReport) -> str:
    assert not report.valid
    assert report.claims is None
    assert report.content is None
    failed = [check for check in report.checks if check.passed is False]
    assert failed
    assert all(check.detail for check in failed)
    return failed[0].name


SETTINGS = settings(
    max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@SETTINGS
@given(st.data())
def test_any_altered_byte_of_a_reading_proof_fails(
    reading_proof: bytes, data: st.DataObject
) -> None:
    assert_altered_fails(reading_proof, data)


@SETTINGS
@given(st.data())
def test_any_altered_byte_of_a_payment_proof_fails(
    payment_proof: bytes, data: st.DataObject
) -> None:
    assert_altered_fails(payment_proof, data)


def assert_altered_fails(file: bytes, data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(file) - 1))
    mask = data.draw(st.integers(1, 255))
    altered = bytearray(file)
    altered[position] ^= mask
    assert reason(verify_proof(bytes(altered)))


@SETTINGS
@given(st.data())
def test_any_other_digit_of_a_payment_proof_fails(
    payment_proof: bytes, data: st.DataObject
) -> None:
    """Changes that keep the file well-formed: another hexadecimal digit in place of one."""
    digits = b"0123456789abcdefABCDEF"
    places = [place for place, byte in enumerate(payment_proof) if byte in digits]
    place = data.draw(st.sampled_from(places))
    digit = data.draw(st.sampled_from(digits))
    if digit != payment_proof[place]:
        altered = payment_proof[:place] + bytes([digit]) + payment_proof[place + 1 :]
        assert reason(verify_proof(altered))


def test_both_are_valid_unaltered(reading_proof: bytes, payment_proof: bytes) -> None:
    assert verify_proof(reading_proof).valid
    report = verify_proof(payment_proof)
    assert report.valid
    assert report.claims is not None
    assert report.claims.payment is not None
    assert report.claims.payment.customer_tokens == 48 * 10**15


def test_a_file_without_an_absent_field_says_the_same(payment_proof: bytes) -> None:
    """As files of a version have that does not know the field yet."""
    other = payment_proof.replace(b'"device":null,', b"")
    assert other != payment_proof
    assert verify_proof(other).valid


OTHER_FORMS: list[Callable[[bytes], bytes]] = [
    lambda raw: raw[:-1],
    lambda raw: raw + b"\n",
    lambda raw: raw + b" ",
    lambda raw: b" " + raw,
    lambda raw: b"\xef\xbb\xbf" + raw,
    lambda raw: raw.replace(b":", b": ", 1),
    lambda raw: raw.replace(b"\n", b"\r\n"),
    lambda raw: json.dumps(json.loads(raw), indent=1).encode(),
    lambda raw: json.dumps(json.loads(raw), separators=(",", ":"), sort_keys=True).encode(),
    lambda raw: raw.replace(b'"format"', b'"format":"platone-proof/1","format"'),
    lambda raw: raw.replace(b'"format"', b'"extra":1,"format"'),
    lambda raw: raw.replace(b'"leafIndex":4', b'"leafIndex":4.0'),
    lambda raw: raw.replace(b"pod", b"\\u0070od"),
    lambda _: b"",
    lambda _: b"[]",
    lambda _: b"{" * 100_000,
]


def test_every_other_form_of_the_same_content_fails(reading_proof: bytes) -> None:
    for change in OTHER_FORMS:
        altered = change(reading_proof)
        assert altered != reading_proof
        assert reason(verify_proof(altered)) == "form", altered[:80]


def forged(raw: bytes, **changes: Any) -> bytes:
    return msgspec.structs.replace(Proof.decode(raw), **changes).encode()


def test_forgeries_that_keep_the_form(reading_proof: bytes, payment_proof: bytes) -> None:
    proof, other = Proof.decode(reading_proof), Proof.decode(payment_proof)
    assert proof.claims is not None
    claims = msgspec.structs.replace(proof.claims, block_time=proof.claims.block_time + 1)
    header = bytearray.fromhex(proof.header[2:])
    header[-1] ^= 1
    cases = {
        "inclusion": forged(reading_proof, content=reading().replace("570000", "570001")),
        "seal": forged(reading_proof, seal=other.seal),
        "claims": forged(reading_proof, claims=claims),
        "transaction": forged(reading_proof, transaction_proof=other.transaction_proof),
        "event": forged(reading_proof, receipt_proof=other.receipt_proof),
    }
    for name, file in cases.items():
        assert reason(verify_proof(file)) == name
    for same, file in {
        "inclusion": forged(reading_proof, salt="0x"),
        "event": forged(reading_proof, log_index=1),
        "transaction": forged(reading_proof, transaction_index=1),
        "seal": forged(reading_proof, header="0x" + header.hex()),
        "claims": forged(reading_proof, claims=None),
    }.items():
        assert reason(verify_proof(file)) == same
    assert reason(verify_proof(forged(reading_proof, leaf_index=5))) == "inclusion"
    assert reason(verify_proof(forged(payment_proof, log_index=0))) == "event"


def test_another_key_cannot_seal_the_same_block(reading_proof: bytes) -> None:
    proof = Proof.decode(reading_proof)
    assert proof.claims is not None
    thief = SigningKey()
    seal = thief.sign_digest(bytes.fromhex(proof.claims.block_hash[2:]))
    file = forged(reading_proof, seal="0x" + seal.hex())
    assert reason(verify_proof(file)) == "seal"


async def test_every_transaction_of_a_full_block_is_proven(bench: Any) -> None:
    """Lists of more than 16 and of 20 entries lead through branches of the tries."""
    salts = [bytes([number]) * 32 for number in range(20)]
    leaves = [salted_leaf(b"{}", salt) for salt in salts]
    anchor, at = "anchor(bytes32,bytes32,uint256)", bench.at.certification
    outcomes = bench.chain.append(
        [
            Intent(bench.operator, at, call_data(anchor, (leaf, label("settlement"), 1)))
            for leaf in leaves
        ]
    )
    gateway = ContractGateway(None, ThreadedView(bench.view), bench.at)  # type: ignore[arg-type]  # it only reads
    for salt, leaf, outcome in zip(salts, leaves, outcomes, strict=True):
        draft = Proof(format=FORMAT, content="{}", salt="0x" + salt.hex(), leaf_index=0, path=[])
        file = (await gateway.prove(draft, outcome.transaction, leaf)).encode()
        report = verify_proof(file, expected_sealer=bench.sealer.address)
        assert report.valid, report.checks
        other = forged(file, transaction_index=(Proof.decode(file).transaction_index + 1) % 20)
        assert reason(verify_proof(other)) == "transaction"
