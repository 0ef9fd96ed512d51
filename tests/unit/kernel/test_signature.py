import pytest
from eth_account import Account
from eth_account.messages import encode_defunct
from hypothesis import given
from hypothesis import strategies as st

from platone.kernel.signature import SignatureInvalid, SigningKey, checksum_address, recover

SECRETS = st.binary(min_size=32, max_size=32).filter(
    lambda secret: 0 < int.from_bytes(secret) < 2**255
)


@given(SECRETS, st.binary(max_size=300))
def test_signature_and_address_are_those_of_eth_account(secret: bytes, message: bytes) -> None:
    key = SigningKey(secret)
    theirs = Account.sign_message(encode_defunct(message), secret)
    assert key.sign(message) == bytes(theirs.signature)
    assert key.address == Account.from_key(secret).address


@given(SECRETS, st.binary(max_size=300))
def test_the_signer_is_known_from_what_eth_account_signed(secret: bytes, message: bytes) -> None:
    theirs = Account.sign_message(encode_defunct(message), secret)
    assert recover(message, bytes(theirs.signature)) == Account.from_key(secret).address


@given(SECRETS, st.binary(min_size=1, max_size=100), st.data())
def test_a_changed_bit_names_another_signer_or_none(
    secret: bytes, message: bytes, data: st.DataObject
) -> None:
    key = SigningKey(secret)
    signature = bytearray(key.sign(message))
    bit = data.draw(st.integers(0, 8 * len(signature) - 1))
    signature[bit // 8] ^= 1 << bit % 8
    try:
        signer = recover(message, bytes(signature))
    except SignatureInvalid:
        return
    assert signer != key.address


def test_checksum_addresses_are_those_of_eip_55() -> None:
    for address in (
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
        "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
    ):
        assert checksum_address(bytes.fromhex(address[2:])) == address


def test_a_short_signature_is_refused() -> None:
    with pytest.raises(SignatureInvalid):
        recover(b"x", b"\x01" * 64)


def test_a_key_never_shows_its_secret() -> None:
    secret = bytes(range(1, 33))
    key = SigningKey(secret)
    assert repr(key) == f"SigningKey({key.address})"
    assert secret.hex() not in repr(key)
    assert key.secret_bytes() == secret  # for the file of its owner
