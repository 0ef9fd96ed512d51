"""Certification over REST: records, proofs, rights, erasure, and what survives a restart."""

import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from platone.kernel.canonical import canonical_json
from platone.kernel.errors import Kind
from platone.kernel.signature import SigningKey
from platone.ledger.domain.event import label
from platone.ledger.domain.merkle import MerkleTree, salted_leaf
from platone.ledger.domain.problem import ContractsMissing, RecordPending
from platone.ledger.domain.verification import verify_proof
from platone.messages.ledger import CertificationRecord
from platone.messages.metering import SignedMessage

DEVICE = SigningKey(b"\x31" * 32)


def signed_reading(sequence: int, key: SigningKey = DEVICE) -> str:
    payload = canonical_json(
        {"device": DEVICE.address, "sequence": sequence, "readings": [{"energyWh": 570_000}]}
    ).decode()
    signature = "0x" + key.sign(payload.encode()).hex()
    message = SignedMessage(device=DEVICE.address, payload=payload, signature=signature)
    return canonical_json(message).decode()


def record(number: int, content: str | None = None, kind: str = "reading") -> dict[str, str]:
    return {
        "id": f"record/{number}",
        "kind": kind,
        "content": content if content is not None else signed_reading(number),
        "salt": "0x" + number.to_bytes(32).hex(),
    }


async def certify(running: Any, *records: dict[str, str], status: int = 201) -> Any:
    answer = await running.administrator.post("/api/certification", json={"records": list(records)})
    assert answer.status_code == status, answer.text
    return answer.json()


async def proof(client: Any, number: int) -> Any:
    return await client.get(f"/api/certification/proof/record/{number}")


async def test_a_certified_reading_is_proven_offline(running: Any) -> None:
    made = await certify(running, *(record(number) for number in range(5)))
    assert {each["status"] for each in made["certifications"]} == {"CONFIRMED"}
    file = (await proof(running.administrator, 3)).content
    contract = running.ledger.contracts["Certification"]
    report = verify_proof(
        file,
        expected_sealer=running.ledger.sealer,
        expected_chain=864300,
        expected_contract=contract,
    )
    assert report.valid, report.checks
    assert all(check.passed for check in report.checks)
    assert report.content == signed_reading(3)
    assert report.claims is not None
    assert report.claims.device == DEVICE.address
    assert report.claims.kind == "reading"
    assert [signer.role for signer in report.signers] == ["Light Node", "certifier", "sealer"]
    leaves = [salted_leaf(signed_reading(n).encode(), n.to_bytes(32)) for n in range(5)]
    assert report.claims.root == "0x" + MerkleTree(leaves).root.hex()
    assert made["certifications"][3]["hashedData"] == leaves[3].hex()


async def test_trust_in_addresses_is_the_readers(running: Any) -> None:
    await certify(running, record(1))
    file = (await proof(running.administrator, 1)).content
    unsaid = verify_proof(file)
    assert unsaid.valid
    assert [check.name for check in unsaid.checks if check.passed is None] == [
        "sealer",
        "chain",
        "contract",
    ]
    for wrong in (
        {"expected_sealer": DEVICE.address},
        {"expected_chain": 1},
        {"expected_contract": DEVICE.address},
    ):
        report = verify_proof(file, **wrong)
        assert not report.valid
        assert "but you expect" in next(c for c in report.checks if c.passed is False).detail


async def test_a_proof_is_asked_for_again_until_its_root_is_on_the_chain(running: Any) -> None:
    await certify(running, record(1))
    (stored,) = await running.ledger._certify.named("record/1")
    ahead = replace(stored, transaction=None)
    with pytest.raises(RecordPending) as early:
        await running.ledger._certify.prove(ahead)
    assert early.value.kind is Kind.TOO_EARLY
    assert (await proof(running.administrator, 1)).status_code == 200


async def test_a_reading_that_its_device_did_not_sign_is_not_proven(running: Any) -> None:
    forged = signed_reading(1, SigningKey())
    await certify(running, record(1, forged), record(2, "no signed message"))
    for number, says in ((1, "signed it"), (2, "must be a signed message")):
        answer = await proof(running.administrator, number)
        assert answer.status_code == 409
        assert says in answer.json()["detail"]


async def test_sending_again_certifies_nothing_twice(running: Any) -> None:
    first = await certify(running, record(1), record(2))
    again = await certify(running, record(2), record(1), status=200)
    assert again["certifications"] == first["certifications"][::-1]
    both = await certify(running, record(1), record(3))
    assert both["certifications"][0] == first["certifications"][0]
    assert (
        both["certifications"][1]["transactionHash"]
        != first["certifications"][0]["transactionHash"]
    )


@pytest.mark.parametrize("change", [{"content": "other"}, {"salt": "0x" + "ff" * 32}])
async def test_an_identifier_stands_for_one_content(running: Any, change: dict[str, str]) -> None:
    first = await certify(running, record(1))
    answer = await certify(running, record(1) | change, status=200)
    assert answer["certifications"] == []
    (result,) = answer["results"]
    assert (result["id"], result["status"]) == ("record/1", "refused")
    assert result["problem"]["type"] == "/problems/duplicate-identifier"
    kept = await certify(running, record(1), status=200)
    assert kept["certifications"] == first["certifications"]


async def test_a_refused_record_harms_no_other(running: Any) -> None:
    await certify(running, record(1))
    changed = record(1) | {"content": "other"}
    batch = [record(2), changed, record(3), record(1), record(4), record(4) | {"content": "x"}]
    made = await certify(running, *batch)
    assert [it["status"] for it in made["results"]] == [
        "accepted",
        "refused",
        "accepted",
        "alreadySubmitted",
        "accepted",
        "refused",
    ]
    assert [it["id"] for it in made["certifications"]] == [f"record/{n}" for n in (2, 3, 1, 4)]
    assert {it["status"] for it in made["certifications"]} == {"CONFIRMED"}
    for number in (1, 2, 3, 4):
        report = verify_proof((await proof(running.administrator, number)).content)
        assert report.valid, report.checks
        assert report.content == signed_reading(number)


async def test_an_identifier_is_its_owners_and_cannot_be_taken_from_it(running: Any) -> None:
    """A stranger certifies under the honest party's identifiers first, and gains nothing."""
    squatted = [record(number, f"squatted {number}", "settlement") for number in range(80)]
    answer = await running.operator.post("/api/certification", json={"records": squatted})
    assert answer.status_code == 201
    made = await certify(running, *(record(number) for number in range(80)))
    assert {it["status"] for it in made["results"]} == {"accepted"}
    for number in (0, 79):
        report = verify_proof((await proof(running.administrator, number)).content)
        assert report.valid, report.checks
        assert report.content == signed_reading(number)
    path = "/api/certification/proof/record/7?owner="
    honest = await running.auditor.get(path + "MDA")
    assert verify_proof(honest.content).content == signed_reading(7)
    assert (await running.auditor.get(path + "MO")).json()["content"] == "squatted 7"
    unsaid = (await proof(running.auditor, 7)).json()
    assert (unsaid["type"], unsaid["owners"]) == ("/problems/identifier-ambiguous", ["MO", "MDA"])
    assert (await running.auditor.get(path + "NOBODY")).status_code == 404
    assert (await running.operator.get(path + "MDA")).status_code == 404


async def test_each_party_erases_its_own_record_only(running: Any) -> None:
    await certify(running, record(1, "of the administrator", "settlement"))
    theirs = record(1, "of the operator", "settlement")
    await running.operator.post("/api/certification", json={"records": [theirs]})
    assert (await running.operator.delete("/api/certification/record/1")).status_code == 204
    assert (await proof(running.administrator, 1)).json()["content"] == "of the administrator"
    assert (await proof(running.operator, 1)).json()["type"] == "/problems/record-erased"


async def test_the_same_tree_of_another_party_is_anchored_by_the_first(running: Any) -> None:
    first = await certify(running, record(1, "text", "settlement"))
    copy = record(1, "text", "settlement") | {"id": "copy"}
    answer = await running.operator.post("/api/certification", json={"records": [copy]})
    transaction = answer.json()["certifications"][0]["transactionHash"]
    assert transaction == first["certifications"][0]["transactionHash"]


async def test_by_transaction(running: Any) -> None:
    made = await certify(running, record(1), record(2))
    transaction = made["certifications"][0]["transactionHash"]
    path = f"/api/certification/getByTransaction?transaction={transaction}"
    for client in (running.administrator, running.auditor):
        assert (await client.get(path)).json() == {"certifications": made["certifications"]}
    others = await running.rival.get(path)
    assert (others.status_code, others.json()["type"]) == (404, "/problems/record-unknown")
    assert (await running.customer.get(path)).status_code == 403
    unknown = path.replace(transaction, "0x" + "12" * 32)
    assert (await running.auditor.get(unknown)).status_code == 404


async def test_by_no_transaction(running: Any) -> None:
    for transaction in ("", "0x", "0xzz", "12", "0x" + "1" * 63):
        path = f"/api/certification/getByTransaction?transaction={transaction}"
        assert (await running.auditor.get(path)).status_code == 404


async def test_who_may_certify_and_prove(running: Any) -> None:
    for client in (running.aggregator, running.dso, running.customer, running.auditor):
        answer = await client.post("/api/certification", json={"records": [record(1)]})
        assert answer.status_code == 403
    await certify(running, record(1))
    assert (await proof(running.auditor, 1)).status_code == 200
    assert (await proof(running.rival, 1)).status_code == 404
    assert (await proof(running.auditor, 2)).status_code == 404


async def test_erasure_leaves_the_other_proofs(running: Any) -> None:
    secret = "the kitchen light was on at ten past three"
    await certify(running, record(1), record(2, secret, "settlement"), record(3))
    path = "/api/certification/record/2"
    assert (await running.operator.delete(path)).status_code == 403
    assert (await running.administrator.delete(path)).status_code == 204
    gone = await proof(running.administrator, 2)
    assert (gone.status_code, gone.json()["type"]) == (404, "/problems/record-erased")
    for number in (1, 3):
        assert verify_proof((await proof(running.administrator, number)).content).valid
    again = await certify(running, record(2, secret, "settlement"), status=200)
    assert again["certifications"][0]["content"] is None
    for file in running.folder.glob("ledger.db*"):
        assert secret.encode() not in file.read_bytes()


async def test_a_mixed_tree_says_so(running: Any) -> None:
    await certify(running, record(1), record(2, "{}", "marketOutcome"))
    report = verify_proof((await proof(running.administrator, 2)).content)
    assert report.claims is not None
    assert report.claims.kind == "mixed"
    assert label("mixed") == b"mixed".ljust(32, b"\0")


async def test_pending_trees_are_anchored_at_start(open_ledger: Any, folder: Path) -> None:
    ledger = open_ledger()
    await ledger.start()
    batch = [CertificationRecord(**record(number)) for number in (1, 2)]
    await ledger._certify.certify("MDA", batch)
    await ledger.stop()
    connection = sqlite3.connect(folder / "ledger.db")
    connection.execute("UPDATE tree SET transaction_hash = NULL")
    connection.commit()
    connection.close()
    ledger = open_ledger()
    await ledger.start()
    (kept,) = await ledger._certify.named("record/2")
    assert kept.transaction is not None
    assert verify_proof(await ledger._certify.prove(kept)).valid
    assert ledger._chain.chain.head.number == 2
    await ledger.stop()


async def test_a_chain_without_its_newest_blocks_is_refused(open_ledger: Any, folder: Path) -> None:
    ledger = open_ledger()
    await ledger.start()
    await ledger._certify.certify("MDA", [CertificationRecord(**record(1))])
    await ledger.stop()
    connection = sqlite3.connect(folder / "chain.db")
    connection.executescript(
        "DELETE FROM block WHERE number = 2; DELETE FROM entry WHERE number = 2"
    )
    connection.close()
    ledger = open_ledger()
    with pytest.raises(ContractsMissing, match="newest blocks"):
        await ledger.start()
    await ledger.stop()


async def test_keys_are_their_owners_alone(running: Any) -> None:
    keys = running.folder / "keys"
    assert keys.stat().st_mode & 0o777 == 0o700
    files = [file for file in keys.rglob("*") if file.is_file()]
    assert len(files) >= 4
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


def reading_of(*pods: str) -> str:
    measured = [
        {
            "podId": pod,
            "startTime": "2021-06-23T10:30:00Z",
            "durationMinutes": 15,
            "energyWh": 570_000,
            "quality": "measured",
        }
        for pod in pods
    ]
    batch = {"device": DEVICE.address, "sequence": 1, "sentAt": "2021-06-23T10:45:00Z"}
    payload = canonical_json(batch | {"readings": measured}).decode()
    signature = "0x" + DEVICE.sign(payload.encode()).hex()
    message = SignedMessage(device=DEVICE.address, payload=payload, signature=signature)
    return canonical_json(message).decode()


async def test_a_reading_is_shown_to_those_whom_it_is_about(running: Any) -> None:
    opening = {"aggregatorId": "ACEAE", "customerId": "CUSTOMER-1"}
    await running.operator.put("/api/contracts/wallets/IT001", json=opening)
    await running.operator.put("/api/contracts/wallets/IT002", json={"aggregatorId": "ACEAE_2"})
    await certify(running, record(1, reading_of("IT001")), record(2, reading_of("IT001", "IT002")))

    for reader in (running.aggregator, running.customer, running.auditor):
        assert (await proof(reader, 1)).status_code == 200
    assert verify_proof((await proof(running.aggregator, 1)).content).valid
    for stranger in (running.rival, running.dso):
        assert (await proof(stranger, 1)).status_code == 404
    for party in (running.aggregator, running.rival):
        assert (await proof(party, 2)).status_code == 404


async def test_states_tell_the_block_to_whom_the_records_are_about(running: Any) -> None:
    made = await certify(running, record(1), record(2))
    path = "/api/certification/states"
    asked = {"id": ["record/2", "record/1", "record/none"]}
    told = (await running.administrator.get(path, params=asked)).json()["states"]
    call = {"jsonrpc": "2.0", "id": 1, "method": "eth_getTransactionReceipt"}
    transaction = made["certifications"][0]["transactionHash"]
    receipt = await running.administrator.post("/rpc", json=call | {"params": [transaction]})
    assert {each["id"] for each in told} == {"record/1", "record/2"}
    for each, certified in zip(
        sorted(told, key=lambda it: it["id"]), made["certifications"], strict=True
    ):
        assert each["status"] == "CONFIRMED"
        assert each["blockNumber"] == int(receipt.json()["result"]["blockNumber"], 16)
        assert each["hashedData"] == certified["hashedData"]
    stranger = await running.aggregator.get(path, params=asked)
    assert (stranger.status_code, stranger.json()) == (200, {"states": []})
    too_many = {"id": [f"record/{number}" for number in range(201)]}
    assert (await running.administrator.get(path, params=too_many)).status_code == 422
    (stored,) = await running.ledger._certify.named("record/1")
    (ahead,) = await running.ledger._certify.states([replace(stored, transaction=None)])
    assert (ahead.status, ahead.block_number, ahead.block_time) == ("PENDING", None, None)
