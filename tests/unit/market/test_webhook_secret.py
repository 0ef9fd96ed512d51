"""A secret is written as Standard Webhooks write it, and signs as it is written."""

import base64
import hashlib
import hmac
from pathlib import Path

from platone.market.domain.webhook import MOST_TRIES, message_id, secret_text, sign

RULES = Path(__file__).parents[3] / "docs" / "reference" / "market-rules.md"


def test_a_secret_is_base64_after_its_prefix() -> None:
    assert secret_text(b"") == "whsec_"
    assert secret_text(b"\x00\x10\x83\x10\x51\x87\x20\x92\x8b") == "whsec_ABCDEFGHIJKL"


def test_what_is_written_signs_as_its_key() -> None:
    key, body = bytes(range(24)), b'{"topic":"Settlement_A"}'
    identifier = message_id("Settlement_A", 7)
    assert identifier == "Settlement_A.7"
    told = hmac.new(key, b"Settlement_A.7.1614265330." + body, hashlib.sha256).digest()
    signature = "v1," + base64.b64encode(told).decode()
    assert sign(secret_text(key), identifier, 1_614_265_330, body) == signature


def test_a_message_is_given_up_after_as_many_tries_as_the_page_says() -> None:
    assert f"up to 15 minutes, {MOST_TRIES} times" in RULES.read_text("utf-8")
