"""A certificate that ends is renewed while HTTPS and broker run, and open connections go on."""

import asyncio
import datetime as dt
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from platone.bootstrap.certificate_keeper import CertificateKeeper
from platone.identity.context import Identity
from platone.infra.bounded_listener import listen
from platone.infra.http.deadline import DeadlineProtocol
from platone.infra.http.server import DeadlineServer
from platone.infra.mqtt import topic
from platone.infra.mqtt.broker import MqttBroker
from platone.infra.mqtt.link import MqttLink
from platone.infra.mqtt.standing import Standing
from platone.infra.mqtt.tls import TlsFiles, client_context, reload_context

HOSTS = ["localhost", "127.0.0.1"]
LIFE_S = 4


def short_lived(folder: Path, files: TlsFiles) -> None:
    """Put a certificate of four seconds in the server's place, signed by the same authority."""
    authority = x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes())
    secret = (folder / "identity" / "ca-key.pem").read_bytes()
    signer = serialization.load_pem_private_key(secret, None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    server = x509.load_pem_x509_certificate(files.certificate.read_bytes())
    now = dt.datetime.now(dt.UTC)
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    made = (
        x509.CertificateBuilder()
        .subject_name(server.subject)
        .issuer_name(authority.subject)
        .public_key(server.public_key())
        .serial_number(7)
        .not_valid_before(now - dt.timedelta(minutes=5))
        .not_valid_after(now + dt.timedelta(seconds=LIFE_S))
        .add_extension(names, critical=False)
        .sign(signer, hashes.SHA256())
    )
    files.certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))


async def hello(_scope: Any, _receive: Any, send: Any) -> None:
    headers = [(b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"ok"})


@asynccontextmanager
async def https(files: TlsFiles, keeper: CertificateKeeper) -> AsyncIterator[int]:
    config = uvicorn.Config(
        hello,
        ssl_certfile=files.certificate,
        ssl_keyfile=files.key,
        log_level="error",
        http=DeadlineProtocol,
        lifespan="off",
        timeout_keep_alive=60,  # else it hangs up on the idle connection after five seconds
    )
    config.load()
    assert config.ssl is not None
    keeper.follow(files, partial(reload_context, config.ssl, files))
    server, listener = DeadlineServer(config), listen("127.0.0.1", 0)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        await serving
        listener.close()


async def serial(port: int, context: ssl.SSLContext) -> int:
    """The number of the certificate that a new connection sees and takes."""
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    return x509.load_der_x509_certificate(shown).serial_number


async def asked(streams: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> bytes:
    reader, writer = streams
    writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    await writer.drain()
    head = await reader.readuntil(b"\r\n\r\n")
    await reader.readexactly(2)
    return head.split(b"\r\n")[0]


async def test_new_connections_see_the_new_certificate_and_open_ones_go_on(tmp_path: Path) -> None:
    identity = Identity(tmp_path, "https://localhost:1")
    await identity.start()
    files = await identity.server_certificate(HOSTS)
    client = client_context(await identity.transport_credentials("access"))
    short_lived(tmp_path, files)
    keeper = CertificateKeeper(identity.renew_certificates)
    broker = MqttBroker(files, Standing([]))
    await broker.start()
    keeper.follow(files, broker.read_certificate)
    link = MqttLink(broker, await identity.transport_credentials("access"), "access")
    heard = await link.subscribe([topic.readings()])
    del heard
    await link.start()
    await link.wait_up()
    async with https(files, keeper) as port:
        streams = await asyncio.open_connection("127.0.0.1", port, ssl=client)
        assert await asked(streams) == b"HTTP/1.1 200 OK"
        assert await serial(port, client) == await serial(broker.port, client) == 7
        await asyncio.sleep(LIFE_S + 1)
        for each in (port, broker.port):
            with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
                await serial(each, client)
        await keeper.renew()
        first, second = await serial(port, client), await serial(broker.port, client)
        assert first == second != 7
        assert await asked(streams) == b"HTTP/1.1 200 OK"  # on the connection of before
        assert link.is_up
        await keeper.renew()
        assert await serial(port, client) == first  # one that is good stays
        streams[1].close()
    await link.stop()
    await broker.stop()
    await identity.stop()


async def test_a_renewal_beside_the_first_making_leaves_one_pair(tmp_path: Path) -> None:
    """Whoever makes keys at one moment takes turns: key and certificate are of one pair."""
    for number in range(5):
        folder = tmp_path / str(number)
        identity = Identity(folder, "https://localhost:1")
        folder.mkdir()
        await identity.start()
        making = [identity.server_certificate(HOSTS) for _ in range(3)]
        made, _ = await asyncio.gather(asyncio.gather(*making), identity.renew_certificates())
        files = made[0]
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(files.certificate, files.key)
        await identity.stop()


async def test_files_that_do_not_belong_together_leave_the_old_certificate(tmp_path: Path) -> None:
    identity = Identity(tmp_path, "https://localhost:1")
    await identity.start()
    files = await identity.server_certificate(HOSTS)
    client = client_context(await identity.transport_credentials("access"))

    async def nothing() -> None:
        """Nobody renews."""

    keeper = CertificateKeeper(nothing)
    async with https(files, keeper) as port:
        before = await serial(port, client)
        files.certificate.write_bytes((tmp_path / "ca.pem").read_bytes())
        with pytest.raises(ssl.SSLError):
            await keeper.renew()
        assert await serial(port, client) == before
    await identity.stop()
