"""Web push: a message encrypted for one browser (RFC 8291), sent to its push service (RFC 8030)."""

import json
import os
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from platone.customers.domain.notice import Browser, Sent
from platone.customers.domain.problem import KeysMalformed
from platone.infra.http.outward import OutwardCalls, OutwardFailed, OutwardRefused
from platone.infra.key_file import check_private, write_private

_CURVE = ec.SECP256R1()
_KEY_BYTES = 32
"""Length of a private key and of half a signature, bytes."""
_POINT_BYTES, _SECRET_BYTES = 65, 16
"""Lengths of a browser's public key and of its secret, bytes (RFC 8291 section 3)."""
_RECORD_BYTES = 4096
"""Length of a record, bytes: what push services take at most (RFC 8030 section 7.2)."""
_TOLD_S = 4 * 3600
"""How long a push service keeps a notice for a browser that is off, s: later it is of no use."""
_TOKEN_S = 12 * 3600
"""How long a token for a push service holds, s: half of what RFC 8292 allows."""
_OK, _NOT_OK = 200, 300
"""The statuses of success: from the first to below the second."""
_GONE = frozenset({404, 410})
"""Statuses of a browser that wants no more notices (RFC 8030 section 7.3)."""


class Push:
    """The way to browsers.

    Args:
        key_file: The file of the key by which push services know this server; made if missing.
        contact: The address of who runs it, https or mailto, for push services.
        calls: Calls to addresses that others name.
    """

    def __init__(self, key_file: Path, contact: str, calls: OutwardCalls) -> None:
        if not key_file.exists():
            made = ec.generate_private_key(_CURVE).private_numbers().private_value
            write_private(key_file, made.to_bytes(_KEY_BYTES, "big").hex().encode())
        check_private(key_file)
        self._key = ec.derive_private_key(int(key_file.read_text().strip(), 16), _CURVE)
        self._contact, self._calls = contact, calls

    @property
    def public_key(self) -> str:
        """Return the key that browsers ask their push service to know this server by."""
        return _text(_point(self._key.public_key()))

    async def check(self, browser: Browser) -> None:
        """Check that a browser can be told.

        Raises:
            KeysMalformed: Its address may not be called, or its keys are none.
        """
        try:
            await self._calls.check(browser.endpoint)
            encrypt(b"", browser)
        except (OutwardRefused, ValueError, InvalidKey) as error:
            raise KeysMalformed(f"The browser cannot be told: {error}") from error

    async def send(self, browser: Browser, body: bytes) -> Sent:
        """Send a notice, and return what came of it."""
        headers = {
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(_TOLD_S),
            "Urgency": "high",
            "Authorization": f"vapid t={self._token(browser.endpoint)}, k={self.public_key}",
        }
        try:
            status = await self._calls.post(browser.endpoint, headers, encrypt(body, browser))
        except (OutwardRefused, OutwardFailed):
            return Sent.FAILED
        if status in _GONE:
            return Sent.UNWANTED
        return Sent.TAKEN if _OK <= status < _NOT_OK else Sent.FAILED

    def _token(self, endpoint: str) -> str:
        """Return a token by which a push service knows this server (RFC 8292)."""
        parts = urlsplit(endpoint)
        said = {
            "aud": f"{parts.scheme}://{parts.netloc}",
            "exp": int(time.time()) + _TOKEN_S,
            "sub": self._contact,
        }
        head = _text(json.dumps({"typ": "JWT", "alg": "ES256"}).encode())
        signed = f"{head}.{_text(json.dumps(said).encode())}"
        r, s = decode_dss_signature(self._key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        signature = r.to_bytes(_KEY_BYTES, "big") + s.to_bytes(_KEY_BYTES, "big")
        return f"{signed}.{_text(signature)}"


def encrypt(body: bytes, browser: Browser) -> bytes:
    """Return a body as one record that only the browser can read (RFC 8291, RFC 8188).

    Raises:
        ValueError: The browser's keys are none.
    """
    point, secret = _bytes(browser.p256dh), _bytes(browser.auth)
    if len(point) != _POINT_BYTES or len(secret) != _SECRET_BYTES:
        raise ValueError("its keys have other lengths than RFC 8291 tells")
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, point)
    ours, salt = ec.generate_private_key(_CURVE), os.urandom(16)
    own_point = _point(ours.public_key())
    shared = ours.exchange(ec.ECDH(), theirs)
    material = _derived(shared, secret, b"WebPush: info\x00" + point + own_point, 32)
    key = _derived(material, salt, b"Content-Encoding: aes128gcm\x00", 16)
    nonce = _derived(material, salt, b"Content-Encoding: nonce\x00", 12)
    sealed = AESGCM(key).encrypt(nonce, body + b"\x02", None)  # 2: the last record
    head = salt + _RECORD_BYTES.to_bytes(4, "big") + bytes([len(own_point)]) + own_point
    return head + sealed


def _derived(material: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(material)


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _text(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
