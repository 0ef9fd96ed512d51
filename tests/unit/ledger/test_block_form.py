"""Tries, headers, transactions and receipts against the libraries that Ethereum tools use."""

import random
from typing import Any

import pytest
import rlp
from eth.rlp.logs import Log as EthLog
from eth.rlp.receipts import Receipt as EthReceipt
from eth.vm.forks.cancun.blocks import CancunBlockHeader
from eth.vm.forks.cancun.receipts import CancunTypedReceipt
from eth.vm.forks.cancun.transactions import CancunTransactionBuilder
from eth_account import Account
from hypothesis import given, settings
from hypothesis import strategies as st
from trie.hexary import HexaryTrie

from platone.kernel.signature import SignatureInvalid, SigningKey
from platone.ledger.domain.header import Header
from platone.ledger.domain.problem import EncodingInvalid, TrieProofInvalid
from platone.ledger.domain.receipt import Log, Receipt
from platone.ledger.domain.transaction import SignedTransaction, Transaction, strict_signer
from platone.ledger.domain.trie import EMPTY_ROOT, list_proof, list_root, proven_item

_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
KEY = SigningKey(b"\x05" * 32)


def items_of(count: int, longest: int) -> list[bytes]:
    source = random.Random(count * 1000 + longest)  # noqa: S311 - test data
    return [source.randbytes(source.randint(1, longest)) for _ in range(count)]


@pytest.mark.parametrize("count", [0, 1, 2, 3, 16, 17, 127, 128, 129, 260])
@pytest.mark.parametrize("longest", [1, 5, 40, 300])
def test_list_tries_are_those_of_py_trie(count: int, longest: int) -> None:
    items = items_of(count, longest)
    reference: Any = HexaryTrie({})
    for position, item in enumerate(items):
        reference[rlp.encode(position)] = item
    assert list_root(items) == reference.root_hash


@pytest.mark.parametrize("longest", [1, 40])
def test_every_item_has_a_proof_and_no_other_place(longest: int) -> None:
    items = [bytes([7]) + item for item in items_of(150, longest)]
    root = list_root(items)
    for position in (0, 1, 15, 16, 127, 128, 129, 149):
        proof = list_proof(items, position)
        assert proven_item(root, position, proof) == items[position]
        with pytest.raises(TrieProofInvalid):
            proven_item(root, len(items) + 5, proof)
        with pytest.raises(TrieProofInvalid):
            proven_item(root, position, [*proof, b"\xc0"])
        with pytest.raises(TrieProofInvalid):
            proven_item(root, position, proof[:-1])


def test_an_empty_list_has_the_empty_root() -> None:
    assert list_root([]) == EMPTY_ROOT == HexaryTrie({}).root_hash


def header(**changes: Any) -> Header:
    values: dict[str, Any] = {
        "parent_hash": b"\x11" * 32,
        "coinbase": b"\x22" * 20,
        "state_root": b"\x33" * 32,
        "transactions_root": b"\x44" * 32,
        "receipts_root": b"\x55" * 32,
        "bloom": b"\x01" + bytes(255),
        "number": 7,
        "gas_limit": 1_000_000_000,
        "gas_used": 48_746,
        "timestamp": 1_624_442_400,
    }
    return Header(**(values | changes))


def test_a_header_has_the_hash_that_py_evm_gives_it() -> None:
    made = header(extra_data=b"platone 1")
    reference: Any = CancunBlockHeader(
        difficulty=0,
        block_number=7,  # type: ignore[arg-type]
        gas_limit=1_000_000_000,
        timestamp=1_624_442_400,
        coinbase=b"\x22" * 20,  # type: ignore[arg-type]
        parent_hash=b"\x11" * 32,  # type: ignore[arg-type]
        state_root=b"\x33" * 32,  # type: ignore[arg-type]
        transaction_root=b"\x44" * 32,  # type: ignore[arg-type]
        receipt_root=b"\x55" * 32,  # type: ignore[arg-type]
        bloom=1 << 2040,
        gas_used=48_746,
        extra_data=b"platone 1",
        nonce=bytes(8),
    )
    assert made.hash == reference.hash
    assert Header.decode(made.encode()) == made


def test_a_header_is_read_in_one_form_only() -> None:
    parts = rlp.decode(header().encode())
    parts[8] = b"\x00\x07"
    with pytest.raises(EncodingInvalid, match="shortest"):
        Header.decode(rlp.encode(parts))
    with pytest.raises(EncodingInvalid):
        Header.decode(rlp.encode(parts[:-1]))
    with pytest.raises(EncodingInvalid):
        Header.decode(header().encode() + b"\x00")


@pytest.mark.parametrize("place", [0, 1, 2, 3, 4, 5, 6, 13, 14, 16, 19])
@pytest.mark.parametrize("change", [-1, 1])
def test_a_headers_hashes_and_addresses_have_their_length(place: int, change: int) -> None:
    """Hashes, the sealer's address, the filter and the nonce; the other fields are numbers."""
    parts = rlp.decode(header().encode())
    parts[place] = parts[place][:-1] if change < 0 else parts[place] + b"\x01"
    with pytest.raises(EncodingInvalid):
        Header.decode(rlp.encode(parts))


def test_what_a_header_says_besides_has_any_length() -> None:
    for extra in (b"", b"x", b"x" * 40):
        assert Header.decode(header(extra_data=extra).encode()).extra_data == extra


@settings(max_examples=40)
@given(st.integers(0, 2**40), st.binary(max_size=200), st.booleans())
def test_transactions_are_those_of_eth_account(nonce: int, data: bytes, creates: bool) -> None:  # noqa: FBT001
    to = b"" if creates else b"\x07" * 20
    signed = Transaction(chain_id=864300, nonce=nonce, gas=30_000_000, to=to, data=data).sign(KEY)
    reference = Account.sign_transaction(
        {
            "type": 2,
            "chainId": 864300,
            "nonce": nonce,
            "gas": 30_000_000,
            "maxFeePerGas": 0,
            "maxPriorityFeePerGas": 0,
            "value": 0,
            "data": data,
            **({} if creates else {"to": to}),
        },
        KEY.secret_bytes(),
    )
    assert signed.encode() == bytes(reference.raw_transaction)
    assert signed.hash == bytes(reference.hash)
    assert SignedTransaction.decode(signed.encode()) == signed
    assert signed.sender == KEY.address
    assert CancunTransactionBuilder.decode(signed.encode()).sender.hex() == KEY.address[2:].lower()


@pytest.mark.parametrize(("tip", "fee", "value"), [(1, 2, 3), (5, 5, 0), (0, 7, 10**20)])
def test_a_transaction_of_others_says_what_it_pays(tip: int, fee: int, value: int) -> None:
    signed = Account.sign_transaction(
        {
            "type": 2,
            "chainId": 1,
            "nonce": 4,
            "gas": 21_000,
            "maxFeePerGas": fee,
            "maxPriorityFeePerGas": tip,
            "value": value,
            "data": b"",
            "to": b"\x07" * 20,
        },
        KEY.secret_bytes(),
    )
    body = SignedTransaction.decode(bytes(signed.raw_transaction)).body
    assert (body.chain_id, body.nonce, body.gas) == (1, 4, 21_000)
    assert (body.tip, body.fee, body.value) == (tip, fee, value)


@pytest.mark.parametrize("length", [1, 19, 21, 32])
def test_a_transaction_to_an_address_of_another_length_is_refused(length: int) -> None:
    """By the yellow paper an address has 20 octets, or none where a contract is created."""
    signed = Transaction(chain_id=1, nonce=0, gas=21_000, to=b"\x07" * 20, data=b"").sign(KEY)
    parts = rlp.decode(signed.encode()[1:])
    parts[5] = b"\x07" * length
    with pytest.raises(EncodingInvalid, match=f"address of {length} bytes"):
        SignedTransaction.decode(b"\x02" + rlp.encode(parts))


def test_a_receipt_is_that_of_py_evm() -> None:
    logs = (Log(b"\x09" * 20, (b"\x0a" * 32, b"\x0b" * 32), b"data"), Log(b"\x0c" * 20, (), b""))
    made = Receipt(succeeded=True, cumulative_gas=123_456, logs=logs)
    inner = EthReceipt(
        state_root=b"\x01",
        gas_used=123_456,
        logs=[
            EthLog(log.address, [int.from_bytes(topic) for topic in log.topics], log.data)  # type: ignore[arg-type]
            for log in logs
        ],
    )
    assert made.encode() == CancunTypedReceipt(2, inner).encode()
    assert Receipt.decode(made.encode()) == made


def test_a_receipt_with_another_filter_is_refused() -> None:
    encoded = bytearray(Receipt(succeeded=True, cumulative_gas=1, logs=()).encode())
    encoded[-5] ^= 1
    with pytest.raises(EncodingInvalid):
        Receipt.decode(bytes(encoded))


def test_only_the_low_form_of_a_signature_counts() -> None:
    digest = b"\x77" * 32
    signature = KEY.sign_digest(digest)
    assert strict_signer(digest, signature) == KEY.address
    high = _ORDER - int.from_bytes(signature[32:64])
    twin = signature[:32] + high.to_bytes(32) + bytes([55 - signature[64]])
    with pytest.raises(SignatureInvalid, match="low form"):
        strict_signer(digest, twin)
