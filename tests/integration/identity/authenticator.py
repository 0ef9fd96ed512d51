"""A device that holds passkeys, written from WebAuthn's own text (level 3, section 6)."""

import base64
import hashlib
import json
import secrets
import struct
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def raw(encoded: str) -> bytes:
    return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))


@dataclass
class Device:
    """One passkey on a device; what is hostile is set by name."""

    origin: str
    domain: str
    id: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    counter: int = 0
    flags: int = PRESENT | VERIFIED
    handle: str = ""

    def _client_data(self, kind: str, challenge: str, **more: Any) -> bytes:
        told = {"type": kind, "challenge": challenge, "origin": self.origin}
        return json.dumps(told | {"crossOrigin": False} | more).encode()

    def _data(self, flags: int) -> bytes:
        return hashlib.sha256(self.domain.encode()).digest() + struct.pack(
            ">BI", flags, self.counter
        )

    def _cose(self, algorithm: int) -> dict[int, Any]:
        point = self.key.public_key().public_numbers()
        x, y = (each.to_bytes(32, "big") for each in (point.x, point.y))
        return {1: 2, 3: algorithm, -1: 1, -2: x, -3: y}

    def make(self, question: dict[str, Any], algorithm: int = -7, **more: Any) -> dict[str, str]:
        """The answer to a question for a new passkey."""
        self.handle = question["user"]["id"]
        attested = bytes(16) + struct.pack(">H", len(self.id)) + self.id
        data = self._data(self.flags | ATTESTED) + attested + cbor2.dumps(self._cose(algorithm))
        attestation = {"fmt": "none", "attStmt": {}, "authData": data}
        client_data = self._client_data(
            more.pop("kind", "webauthn.create"), question["challenge"], **more
        )
        return {
            "clientData": text(client_data),
            "attestation": text(cbor2.dumps(attestation)),
            "handle": self.handle,
            "agent": "a test's device",
        }

    def use(self, question: dict[str, Any], **more: Any) -> dict[str, str]:
        """The answer to a question for a sign-in."""
        client_data = self._client_data(
            more.pop("kind", "webauthn.get"), question["challenge"], **more
        )
        data = self._data(self.flags)
        signed = data + hashlib.sha256(client_data).digest()
        return {
            "passkey": text(self.id),
            "clientData": text(client_data),
            "authenticatorData": text(data),
            "signature": text(self.key.sign(signed, ec.ECDSA(hashes.SHA256()))),
            "handle": self.handle,
        }
