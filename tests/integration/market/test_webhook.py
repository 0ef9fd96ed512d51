"""Participants' own endpoints: real HTTPS receivers that fail, hang, redirect, lie, and take."""

import asyncio
import base64
import hashlib
import hmac
import json
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.integration.market.conftest import Desk

from platone.market.adapters.webhook import CallEndpoints
from platone.market.domain.webhook import MOST_TRIES
from platone.market.service.patience import Patience
from platone.market.service.webhook import Webhooks

PATH = "/api/webhook"
NOON = datetime(2021, 6, 22, 10, tzinfo=UTC)


class Receiver:
    """An endpoint that takes messages, or behaves as it is told, one behaviour a call."""

    def __init__(self) -> None:
        self.calls: list[tuple[dict[str, str], bytes]] = []
        self.behaviours: list[str] = []
        self.always = "take"
        self.port = 0

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}/hook"

    @property
    def taken(self) -> list[str]:
        """The identifiers that came, each once, in order: as one who honours them counts."""
        return list(dict.fromkeys(headers["webhook-id"] for headers, _ in self.calls))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        headers = {
            name.lower(): value
            for name, _, value in (line.partition(": ") for line in head.split("\r\n")[1:] if line)
        }
        body = await reader.readexactly(int(headers["content-length"]))
        what = self.behaviours.pop(0) if self.behaviours else self.always
        if what == "hang":
            await asyncio.sleep(3600)
        if what in {"take", "lie"}:
            self.calls.append((headers, body))
        if what != "lie":  # which takes the message, and breaks off without an answer
            status = {"take": "204 No Content", "fail": "500 No", "redirect": "307 There"}[what]
            writer.write(
                f"HTTP/1.1 {status}\r\nLocation: https://localhost:{self.port}/other\r\n"
                "Content-Length: 0\r\n\r\n".encode()
            )
            await writer.drain()
        writer.close()


def _certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(IPv4Address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    text = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file = folder / "receiver.pem"
    file.write_bytes(private + text)
    return file


@pytest.fixture
async def receivers(tmp_path: Path) -> AsyncIterator[tuple[Receiver, Receiver, Path]]:
    file = _certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file)
    made = Receiver(), Receiver()
    servers = []
    for each in made:
        server = await asyncio.start_server(each.serve, "127.0.0.1", 0, ssl=context)
        each.port = server.sockets[0].getsockname()[1]
        servers.append(server)
    yield (*made, file)
    for server in servers:
        server.close()


@pytest.fixture
async def webhooks(desk: Any, receivers: Any) -> AsyncIterator[Webhooks]:
    """The market's webhooks, which may call this machine, and do not wait between tries."""
    caller = CallEndpoints(allow_private=True, ca_file=receivers[2])
    seconds = iter(range(0, 10**9, 1000))
    records = desk.market._webhooks._records
    await desk.market.supervisor.finish("webhooks", 0)  # whose caller calls public hosts only
    patience = Patience(desk.clock, lambda: float(next(seconds)))
    made = Webhooks(records, caller, desk.clock, patience, look_s=0.02)
    yield made
    await made.stop()


async def _publish(desk: Any, *numbers: int, party: str = "ACEAE") -> None:
    records = desk.market._webhooks._records
    async with records.writing() as unit:
        for number in numbers:
            await unit.outgoing.publish(f"validated_outcome_{party}", {"number": number}, NOON)


async def _until(webhooks: Webhooks, receiver: Receiver, count: int) -> None:
    async with asyncio.timeout(60):
        while len(receiver.taken) < count:
            await webhooks.turn()


async def test_messages_come_signed_in_order_over_failures(
    desk: Desk, webhooks: Webhooks, receivers: Any
) -> None:
    receiver, _, _ = receivers
    secret = (await webhooks.register("ACEAE", receiver.url)).secret
    receiver.behaviours = ["fail", "redirect", "take", "lie", "fail", "take"]
    await _publish(desk, 1, 2, 3)
    await _until(webhooks, receiver, 3)

    numbers = [json.loads(body)["number"] for _, body in receiver.calls]
    assert list(dict.fromkeys(numbers)) == [1, 2, 3]
    assert receiver.taken == [f"validated_outcome_ACEAE.{number}" for number in (1, 2, 3)]
    for headers, body in receiver.calls:
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        key = base64.b64decode(secret.removeprefix("whsec_"))
        expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        assert headers["webhook-signature"] == f"v1,{expected}"


async def test_one_that_hangs_holds_up_nobody(
    desk: Desk, webhooks: Webhooks, receivers: Any
) -> None:
    hanging, other, _ = receivers
    hanging.always = "hang"
    await webhooks.register("ACEAE", hanging.url)
    await webhooks.register("ACEAE_2", other.url)
    await _publish(desk, 1)
    await _publish(desk, 1, 2, party="ACEAE_2")
    await _until(webhooks, other, 2)
    assert hanging.calls == []
    assert "ACEAE" in webhooks._under_way


async def test_what_is_never_taken_is_given_up_and_replayed(
    desk: Desk, webhooks: Webhooks, receivers: Any
) -> None:
    receiver, _, _ = receivers
    await webhooks.register("ACEAE", receiver.url)
    receiver.behaviours = ["fail"] * MOST_TRIES
    await _publish(desk, 1, 2)
    await _until(webhooks, receiver, 1)
    assert receiver.taken == ["validated_outcome_ACEAE.2"]
    status = await desk.get("ACEAE", PATH)
    assert status["deadLetters"] == [
        {"topic": "validated_outcome_ACEAE", "offset": 1, "answer": "answered 500"}
    ]
    await webhooks.replay("ACEAE")
    await _until(webhooks, receiver, 2)
    status = await desk.get("ACEAE", PATH)
    assert (status["deadLetters"], status["waiting"], status["failures"]) == ([], 0, 0)


async def test_only_what_is_published_after_the_registration_is_sent(
    desk: Desk, webhooks: Webhooks, receivers: Any
) -> None:
    receiver, _, _ = receivers
    await _publish(desk, 1)
    await webhooks.register("ACEAE", receiver.url)
    await webhooks.register("ACEAE", receiver.url)
    await _publish(desk, 2)
    await _until(webhooks, receiver, 1)
    assert receiver.taken == ["validated_outcome_ACEAE.2"]


async def test_a_stranger_with_a_certificate_of_nobody_gets_nothing(receivers: Any) -> None:
    receiver, _, _ = receivers
    caller = CallEndpoints(allow_private=True)
    wrong = await caller.call(receiver.url, "whsec_AAAA", "a.1", b"{}")
    assert wrong is not None
    assert "CERTIFICATE" in wrong.upper()
    assert receiver.calls == []


async def test_private_hosts_and_plain_http_are_refused_over_rest(desk: Any) -> None:
    for url in ("https://127.0.0.1/hook", "https://localhost/hook", "https://[::1]:8443/hook"):
        answer = await desk.call("ACEAE", "PUT", PATH, {"url": url})
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/webhook-not-allowed")
    answer = await desk.call("ACEAE", "PUT", PATH, {"url": "http://example.org/hook"})
    assert answer.json()["type"] == "/problems/malformed-message"
    for method, path in (("GET", PATH), ("DELETE", PATH), ("POST", f"{PATH}/replay")):
        answer = await desk.call("ACEAE", method, path)
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/webhook-missing")


async def test_each_party_has_its_own_endpoint_and_can_end_it(
    desk: Any, webhooks: Webhooks, receivers: Any
) -> None:
    receiver, _, _ = receivers
    await webhooks.register("ACEAE", receiver.url)
    assert (await desk.get("ACEAE", PATH))["url"] == receiver.url
    assert (await desk.call("ACEAE_2", "GET", PATH)).status_code == 404
    assert (await desk.call("ACEAE", "DELETE", PATH)).status_code == 204
    await _publish(desk, 1)
    await webhooks.turn()
    assert receiver.calls == []
