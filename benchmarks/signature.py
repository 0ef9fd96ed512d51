"""Signed readings: checking one, beside the bare recovery of its signer's key."""

import hashlib
from datetime import UTC, datetime, timedelta

from coincurve import PublicKey

from benchmarks.harness import PER_SECOND, Row, paired_s
from platone.access.domain.message import AuthenticMessage, IncomingMessage, authenticate_all
from platone.kernel.signature import SigningKey, personal_digest, recover
from platone.messages.metering import Reading
from platone.node.domain.message import seal_readings

_MESSAGES, _READINGS = 1000, 12
_MESSAGE = bytes(range(200)) * 3
_START = datetime(2021, 1, 1, tzinfo=UTC)
_KEY = SigningKey(b"\x01" * 32)


def signed_readings(count: int) -> list[IncomingMessage]:
    """Messages of a device, as they come from the wire."""
    readings = [
        Reading(
            pod_id="POD00000",
            start_time=_START + index * timedelta(minutes=1),
            duration_minutes=1,
            energy_wh=index,
        )
        for index in range(_READINGS)
    ]
    return [
        IncomingMessage(_KEY.address, next(seal_readings(_KEY, number, _START, readings)).envelope)
        for number in range(count)
    ]


def bare_recoveries(count: int) -> None:
    """Recover a public key so many times, from a digest that is there already."""
    signature, digest = _SIGNED
    for _ in range(count):
        PublicKey.from_signature_and_message(signature, digest, hasher=None)


def _signed() -> tuple[bytes, bytes]:
    signature = _KEY.sign(_MESSAGE)
    return signature[:64] + bytes([signature[64] - 27]), personal_digest(_MESSAGE)


_SIGNED = _signed()


def measure() -> list[Row]:
    """Rates on one core."""
    arrivals, signature = signed_readings(_MESSAGES), _KEY.sign(_MESSAGE)
    assert all(isinstance(each, AuthenticMessage) for each in authenticate_all(arrivals))

    def recover_all() -> None:
        for _ in range(_MESSAGES):
            recover(_MESSAGE, signature)

    def bare() -> None:
        bare_recoveries(_MESSAGES)

    def hash_all() -> None:
        for _ in range(_MESSAGES):
            hashlib.sha256(_MESSAGE).digest()

    ours_s, bare_s = paired_s(recover_all, bare)
    examined_s, beside_s = paired_s(lambda: authenticate_all(arrivals), bare)
    _, hashed_s = paired_s(bare, hash_all)
    beside = "coincurve recover"
    return [
        Row(
            "signature: signer of a message",
            _MESSAGES / ours_s,
            PER_SECOND,
            beside,
            _MESSAGES / bare_s,
            f"{len(_MESSAGE)} bytes: keccak, recover, address with checksum",
        ),
        Row(
            "signature: signed readings checked",
            _MESSAGES / examined_s,
            PER_SECOND,
            beside,
            _MESSAGES / beside_s,
            f"{_READINGS} readings, {len(arrivals[0].raw)} bytes; decoded and compared, too",
        ),
        Row(
            "signature: bare recovery",
            _MESSAGES / bare_s,
            PER_SECOND,
            "SHA-256 of the message",
            _MESSAGES / hashed_s,
            "what a signature costs at least",
        ),
    ]
