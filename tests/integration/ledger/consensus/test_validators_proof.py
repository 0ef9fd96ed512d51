"""A proof of a record that validators certified: checked offline, and refused when altered."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from tests.validators import CHAIN_ID, Validator, consortium, wait_for

from platone.kernel.signature import SigningKey
from platone.ledger.adapters.consensus.store import ValidatorStore
from platone.ledger.adapters.evm.compiler import Artifact
from platone.ledger.adapters.evm.deployment import Deployment
from platone.ledger.adapters.evm.view import call_data
from platone.ledger.adapters.network.identity import network_identity
from platone.ledger.adapters.network.rpc import NodeRpc
from platone.ledger.domain import commit_seal
from platone.ledger.domain.commit_seal import CommitSeal
from platone.ledger.domain.event import label
from platone.ledger.domain.merkle import salted_leaf
from platone.ledger.domain.problem import RpcUnavailable
from platone.ledger.domain.proof import FORMAT, Proof, tohex
from platone.ledger.domain.trie import list_proof
from platone.ledger.domain.verification import verify_proof, with_claims

CONTENT, SALT = '{"what":"a notice"}', b"\x07" * 32


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Validator]:
    """A consortium of one: what it signs has the same form."""
    with consortium(tmp_path_factory.mktemp("one"), ["Market operator"]) as validators:
        yield validators[0]


@pytest.fixture(scope="module")
def proof(one: Validator, contracts: dict[str, Artifact]) -> Proof:
    operator = SigningKey()
    at = Deployment.by(operator).certification
    one.send(operator, 0, b"", contracts["Certification"].creation_code)
    authorise = call_data("authorise(address)", (operator.address,))
    one.receipt(one.send(operator, 1, at, authorise))
    leaf = salted_leaf(CONTENT.encode(), SALT)
    anchor = call_data("anchor(bytes32,bytes32,uint256)", (leaf, label("notice"), 1))
    receipt = one.receipt(one.send(operator, 2, at, anchor))
    assert receipt["status"] == "0x1"
    store = ValidatorStore(one.folder / "chain.db", read_only=True)
    block = store.by_number(int(receipt["blockNumber"], 16))
    store.close()
    assert block is not None
    position = int(receipt["transactionIndex"], 16)
    seal = wait_for(lambda: one.rpc.call("platone_getSeal", receipt["blockHash"]))
    return with_claims(
        Proof(
            format=FORMAT,
            content=CONTENT,
            salt=tohex(SALT),
            leaf_index=0,
            path=[],
            transaction_index=position,
            transaction_proof=[tohex(node) for node in list_proof(block.transactions, position)],
            receipt_proof=[tohex(node) for node in list_proof(block.receipts, position)],
            header=tohex(block.header),
            seal=seal,
        )
    )


def test_the_gas_of_a_creation_is_told_beforehand(
    one: Validator, contracts: dict[str, Artifact]
) -> None:
    """As for whoever deploys by ordinary tools; what no block takes is refused, and harms none."""
    key, code = SigningKey(), contracts["Certification"].creation_code
    asked = {"from": key.address, "data": tohex(code)}
    told = int(one.rpc.call("eth_estimateGas", asked), 16)
    with pytest.raises(RpcUnavailable, match="49153 bytes, at most 49152"):
        one.rpc.call("eth_estimateGas", {"from": key.address, "data": tohex(bytes(49_153))})
    with pytest.raises(RpcUnavailable, match="49153 bytes, at most 49152"):
        one.send(key, 0, b"", bytes(49_153))
    receipt = one.receipt(one.send(key, 0, b"", code))
    used = int(receipt["gasUsed"], 16)
    assert used <= told <= used * 65 // 64 + 1
    assert one.rpc.call("eth_getCode", receipt["contractAddress"], "latest") != "0x"


def test_it_holds_offline_and_names_who_signed(one: Validator, proof: Proof) -> None:
    address = one.status()["consortium"]
    report = verify_proof(proof.encode(), expected_sealer=address, expected_chain=CHAIN_ID)
    assert report.valid, report.checks
    assert report.claims is not None
    assert report.claims.validators == ["Market operator"]
    assert report.claims.sealer == address
    assert not verify_proof(proof.encode(), expected_sealer="0x" + "1" * 40).valid


def test_any_other_digit_of_its_seal_is_refused(proof: Proof) -> None:
    content = proof.encode()
    start = content.index(proof.seal.encode())
    step = max(1, len(proof.seal) // 150)
    for place in range(start + 2, start + len(proof.seal), step):
        other = b"1" if content[place : place + 1] == b"0" else b"0"
        altered = content[:place] + other + content[place + 1 :]
        assert not verify_proof(altered).valid, place - start


async def test_what_a_proof_names_is_what_identifies_the_validators_chain(
    one: Validator, proof: Proof
) -> None:
    assert proof.claims is not None
    operator = SigningKey()
    node = NodeRpc(one.url, "")
    try:
        told = await network_identity(node, Deployment.by(operator))
    finally:
        await node.close()
    assert told.sealer == proof.claims.sealer
    assert told.members == ["Market operator"]
    first = one.rpc.call("eth_getBlockByNumber", "0x0")
    assert (told.chain_id, told.genesis) == (CHAIN_ID, first["hash"])


def test_votes_are_signed_as_another_library_checks_them(proof: Proof) -> None:
    seal = CommitSeal.decode(bytes.fromhex(proof.seal[2:]))
    vote = seal.votes[0]
    key = Ed25519PublicKey.from_public_bytes(vote.key)
    key.verify(vote.signature, commit_seal._signed(seal, vote))
    with pytest.raises(InvalidSignature):
        key.verify(
            vote.signature, commit_seal._signed(seal, replace(vote, seconds=vote.seconds + 1))
        )


def test_a_seal_of_another_block_or_consortium_is_refused(one: Validator, proof: Proof) -> None:
    first = one.rpc.call("eth_getBlockByNumber", "0x0")["hash"]
    other = wait_for(lambda: one.rpc.call("platone_getSeal", first))
    moved = msgspec.structs.replace(proof, seal=other)
    report = verify_proof(moved.encode())
    assert not report.valid
    assert "another block" in report.checks[-1].detail
    seal = CommitSeal.decode(bytes.fromhex(proof.seal[2:]))
    renamed: dict[str, Any] = json.loads(seal.consortium)
    renamed["name"] = "other"
    told = msgspec.json.format(json.dumps(renamed).encode(), indent=2) + b"\n"
    forged = msgspec.structs.replace(proof, seal=tohex(replace(seal, consortium=told).encode()))
    report = verify_proof(forged.encode())
    assert not report.valid
    assert "another chain" in report.checks[-1].detail
