"""Challenges that a device signs: each for one purpose, some minutes and one use."""

import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256

from platone.identity.domain.passkey import CHALLENGE_LIFE_S

_NONCE_BYTES = 16
"""Random bytes of a challenge: the least that WebAuthn asks for (section 13.4.3)."""
_TIME_BYTES = 8
"""Bytes of the instant at which a challenge ends, ms."""
_USED = 10_000
"""Used challenges that are remembered: more than sign-ins of five minutes."""


class Challenges:
    """Makes challenges that need no memory before they are used, so that no flood drives them out.

    A challenge carries its end and a mark of its purpose, which only this process can make; what
    was used is remembered until it has ended. A start of the server ends all.

    Args:
        monotonic_s: A clock that never goes back, seconds.
    """

    def __init__(self, monotonic_s: Callable[[], float]) -> None:
        self._now = monotonic_s
        self._key = secrets.token_bytes(32)
        self._used: OrderedDict[bytes, float] = OrderedDict()

    def issue(self, purpose: str) -> bytes:
        """Return a new challenge for a purpose, such as one person's new passkey."""
        ends_ms = int((self._now() + CHALLENGE_LIFE_S) * 1000)
        begun = secrets.token_bytes(_NONCE_BYTES) + ends_ms.to_bytes(_TIME_BYTES, "big")
        return begun + self._mark(begun, purpose)

    def lasts(self, challenge: bytes, purpose: str) -> bool:
        """Return whether a challenge is ours, of a purpose, not too old and not used yet."""
        begun, mark = challenge[: _NONCE_BYTES + _TIME_BYTES], challenge[-sha256().digest_size :]
        is_ours = begun + mark == challenge
        if not is_ours or not hmac.compare_digest(mark, self._mark(begun, purpose)):
            return False
        ends_s = int.from_bytes(begun[_NONCE_BYTES:], "big") / 1000
        return ends_s > self._now() and challenge not in self._used

    def use(self, challenge: bytes, purpose: str) -> bool:
        """Use a challenge up; False where it does not last."""
        if not self.lasts(challenge, purpose):
            return False
        self._used[challenge] = self._now() + CHALLENGE_LIFE_S
        while len(self._used) > _USED or next(iter(self._used.values())) <= self._now():
            self._used.popitem(last=False)
        return True

    def _mark(self, begun: bytes, purpose: str) -> bytes:
        return hmac.new(self._key, begun + purpose.encode(), sha256).digest()


def as_text(raw: bytes) -> str:
    """Return bytes as base64url without padding, as browsers write them."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def as_bytes(text: str) -> bytes:
    """Return the bytes of a base64url text; ValueError where it is none."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
