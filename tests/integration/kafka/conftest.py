"""A data folder with its parties, a broker with certificates of its authority, and a market."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests import kafka

from platone.bootstrap import apply_rights, kafka_rights
from platone.bootstrap.partner import tell_own
from platone.identity.context import Identity
from platone.infra.db import Database, sqlite_url
from platone.infra.kafka.link import KafkaLink
from platone.infra.kafka.problem import KafkaAway
from platone.infra.kafka.publisher import KafkaPublisher
from platone.infra.kafka.session import KafkaSession
from platone.infra.mqtt.tls import TlsFiles
from platone.market.domain.deadline import Deadlines
from platone.market.records.kafka_queue import MarketQueue
from platone.market.records.table import metadata, outbox
from platone.market.records.unit import MarketRecords
from platone.messages.partner import CONTEXTS, PartnerFile
from platone.settings import Settings

BASE = "https://127.0.0.1:8443"
NOON = datetime(2021, 6, 22, 10, tzinfo=UTC)


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A server's data folder after its first start."""
    folder = tmp_path_factory.mktemp("kafka") / "data"

    async def found() -> None:
        identity = Identity(folder, BASE)
        await identity.start()
        for context in ("market", "customers", "dso"):
            await identity.transport_credentials(f"publisher-{context}")
        told = PartnerFile(
            name="platone",
            url=BASE,
            contexts=list(CONTEXTS),
            parties={each.party_id: list(each.roles) for each in await identity.parties()},
            keys=[dict(each) for each in identity.keys().as_dict()["keys"]],
            authority=identity.ca_file.read_text("utf-8"),
        )
        tell_own(folder, told)
        await identity.stop()

    asyncio.run(found())
    return folder


@pytest.fixture(scope="session")
def brokers(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[kafka.Brokers]:
    """One broker, which all tests of a process share; nobody has topics or rights yet."""
    with kafka.running(tmp_path_factory.mktemp("brokers"), data) as made:
        yield made


@pytest.fixture(scope="session")
def granted(brokers: kafka.Brokers) -> kafka.Brokers:
    """The broker, with the topics and rights of all parties."""
    grant(brokers)
    return brokers


def grant(brokers: kafka.Brokers, replicas: int = 1, name: str = "platone") -> None:
    """Make topics and rights of all parties, and wait until they count for a publisher."""
    regrant(brokers, replicas, name)
    for last in (*[False] * 59, True):  # a broker hears of new rights some moments later
        try:
            KafkaSession(link_of(brokers, "market", name)).close()
        except KafkaAway:
            if last:
                raise
            time.sleep(0.5)
        else:
            return


def regrant(brokers: kafka.Brokers, replicas: int = 1, name: str = "platone") -> None:
    """Make topics and rights anew, after the parties have changed."""
    settings = Settings(data=brokers.data, kafka=brokers.servers, kafka_name=name, databus="kafka")
    rights = kafka_rights(settings)
    apply_rights(settings, rights, brokers.admin, keep_days=7, replicas=replicas)


def link_of(brokers: kafka.Brokers, context: str, name: str = "platone") -> KafkaLink:
    own = brokers.data / "identity"
    certificate, key = (own / f"client-publisher-{context}{end}.pem" for end in ("", "-key"))
    files = TlsFiles(brokers.data / "ca.pem", certificate, key)
    return KafkaLink(brokers.servers, files, f"{name}-{context}")


class Told:
    """A market's topics, and what was told on them."""

    def __init__(self, file: Path) -> None:
        self.database = Database(sqlite_url(file), metadata)
        self.records = MarketRecords(self.database, outbox, "Europe/Rome", Deadlines())
        self.queue = MarketQueue(self.database)
        self.publishers: list[KafkaPublisher] = []

    async def tell(self, topic: str, *bodies: bytes) -> None:
        async with self.records.writing() as unit:
            for body in bodies:
                await unit.outgoing.publish_text(topic, body, NOON)

    def publisher(self, link: KafkaLink) -> KafkaPublisher:
        made = KafkaPublisher("market", self.queue, link)
        self.publishers.append(made)
        return made

    async def until_published(self, publisher: KafkaPublisher) -> None:
        async with asyncio.timeout(120):
            while await self.queue.waiting():
                await publisher.turn()


@pytest.fixture
async def made_topics(tmp_path: Path) -> AsyncIterator[Callable[[str], Told]]:
    """Makes a market's records in a file of a name."""
    made: list[Told] = []

    def make(name: str) -> Told:
        made.append(Told(tmp_path / f"{name}.db"))
        return made[-1]

    yield make
    for each in made:
        for publisher in each.publishers:
            await publisher._leave()
        await each.database.close()


@pytest.fixture
async def topics(made_topics: Callable[[str], Told]) -> Told:
    told = made_topics("market")
    await told.database.open()
    return told
