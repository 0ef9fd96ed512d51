"""Recovery codes: each lets a person in once, in place of an authenticator that is lost."""

import base64
import hashlib
import re

RECOVERY_CODES = 8
"""Codes that are made at once: enough for some lost telephones, and they fit on a slip of paper."""
RECOVERY_BYTES = 15
"""Random bytes of a code: 120 bits. From 112 on, OWASP ASVS 5.0 (6.5.2) asks for no slow hash."""
_GROUP = 4
"""Characters of a code between two hyphens: as many as people read at once."""
_ALIKE = str.maketrans("018", "olb")
"""Digits that Base32 does not have, and the letters that they are misread for."""
_SHAPE = re.compile(r"[a-z2-7]{24}")


def recovery_code(raw: bytes) -> str:
    """Return the recovery code of random bytes, as it is shown: six groups of four characters."""
    text = base64.b32encode(raw).decode().lower()
    return "-".join(text[start : start + _GROUP] for start in range(0, len(text), _GROUP))


def recovery_hash(typed: str) -> str | None:
    """Return a hash to find a recovery code by, however it was typed; None where it is none."""
    text = re.sub(r"[\s-]", "", typed.lower()).translate(_ALIKE)
    return hashlib.sha256(text.encode()).hexdigest() if _SHAPE.fullmatch(text) else None
