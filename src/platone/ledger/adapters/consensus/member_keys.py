"""A member's keys, in the files that CometBFT reads them from."""

import base64
import secrets
from pathlib import Path

import msgspec

from platone.infra.key_file import check_private, write_private
from platone.ledger.domain import ed25519
from platone.ledger.domain.consortium_problem import ConsortiumInvalid
from platone.ledger.domain.membership import Member, validator_address
from platone.ledger.domain.proof import tohex

_VALIDATOR, _NODE = Path("config/priv_validator_key.json"), Path("config/node_key.json")
_STATE = Path("data/priv_validator_state.json")
_PUBLIC, _SECRET = "tendermint/PubKeyEd25519", "tendermint/PrivKeyEd25519"


def make_keys(home: Path, name: str, address: str) -> Member:
    """Make a validator's and its node's key, and return what the member tells the others.

    Args:
        home: CometBFT's folder.
        name: The member.
        address: Where its peers reach it.

    Raises:
        ConsortiumInvalid: There are keys already, or name or address are none.
    """
    if (home / _VALIDATOR).exists():
        raise ConsortiumInvalid(f"{home} holds a member's keys already.")
    validator, node = secrets.token_bytes(32), secrets.token_bytes(32)
    told = {
        "name": name,
        "validatorKey": tohex(ed25519.public_key(validator)),
        "nodeId": validator_address(ed25519.public_key(node)).hex(),
        "address": address,
    }
    try:
        member = msgspec.convert(told, Member)
    except msgspec.ValidationError as error:
        raise ConsortiumInvalid(f"This is no member: {error}") from error
    public = ed25519.public_key(validator)
    _write(
        home / _VALIDATOR,
        {
            "address": validator_address(public).hex().upper(),
            "pub_key": {"type": _PUBLIC, "value": _base64(public)},
            "priv_key": _secret_form(validator),
        },
    )
    _write(home / _NODE, {"priv_key": _secret_form(node)})
    _write(home / _STATE, {"height": "0", "round": 0, "step": 0})
    return member


def validator_secret(home: Path) -> bytes:
    """Return the secret by which the member signs.

    Raises:
        ConsortiumInvalid: There is none.
        KeyFileUnsafe: Others than its owner may read it.
    """
    file = home / _VALIDATOR
    if not file.exists():
        raise ConsortiumInvalid(f"{home.parent} holds no member's keys: platone chain init.")
    check_private(file)
    try:
        found = msgspec.json.decode(file.read_bytes())
        secret = base64.b64decode(found["priv_key"]["value"])[: ed25519.KEY_BYTES]
        _ = ed25519.public_key(secret)
    except (msgspec.DecodeError, KeyError, TypeError, ValueError) as error:
        raise ConsortiumInvalid(f"{file} is no key of a validator: {error}") from error
    return secret


class MemberVoucher:
    """A member's key as it vouches for the checkpoints of its own file, by Ed25519.

    What it signs is 32 bytes, and so no vote of CometBFT's, which is longer.

    Args:
        secret: The secret by which the member signs.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._public = ed25519.public_key(secret)

    def seal(self, digest: bytes) -> bytes:
        """Return its signature over 32 bytes."""
        return ed25519.sign(self._secret, digest)

    def accepts(self, digest: bytes, seal: bytes) -> bool:
        """Return whether a signature over 32 bytes is its own."""
        return ed25519.is_signed(self._public, digest, seal)


def _secret_form(secret: bytes) -> dict[str, str]:
    return {"type": _SECRET, "value": _base64(secret + ed25519.public_key(secret))}


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _write(file: Path, content: object) -> None:
    write_private(file, msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n")
