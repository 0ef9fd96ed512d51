"""One-time codes of an authenticator application (RFC 6238): a second factor."""

import base64
import binascii
import hashlib
import hmac
import struct

STEP_S = 30
"""Life of a one-time code, s: what all authenticator applications take by default."""
_DIGITS = 6
"""Digits of a one-time code: likewise."""
_STEPS_AROUND = 1
"""Codes before and after the present one that are taken: a telephone's clock may be off by 30 s."""


def one_time_code(secret: str, step: int, digits: int = _DIGITS) -> str:
    """Return the code of a Base32 secret for a time step, counted from 1970 (RFC 6238, SHA-1)."""
    mac = hmac.new(_key(secret), struct.pack(">Q", max(step, 0)), hashlib.sha1).digest()
    start = mac[-1] & 0xF
    (number,) = struct.unpack(">I", mac[start : start + 4])
    return str((number & 0x7FFFFFFF) % 10**digits).zfill(digits)


def matching_step(secret: str, code: str, at_s: float) -> int | None:
    """Return the time step that a code is of, the present one or one beside it; None where none.

    Whoever takes a code remembers its step, and takes no code of that step or an earlier one.
    """
    now = int(at_s) // STEP_S
    for step in range(now - _STEPS_AROUND, now + _STEPS_AROUND + 1):
        if hmac.compare_digest(one_time_code(secret, step).encode(), code.strip().encode()):
            return step
    return None


def _key(secret: str) -> bytes:
    try:
        return base64.b32decode(secret + "=" * (-len(secret) % 8), casefold=True)
    except binascii.Error as error:
        raise ValueError("the secret of a second factor is Base32") from error
