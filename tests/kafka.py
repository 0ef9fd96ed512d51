"""Real brokers of Kafka for the tests, each a process of its own in a folder of its own."""

import base64
import contextlib
import os
import re
import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from tests.component import missing, program_or_skip

from platone.bootstrap import kafka_certificate
from platone.infra.free_port import free_port

_PAGE = Path(__file__).parents[1] / "docs" / "how-to" / "publish-to-kafka.md"
_STARTED_S = 120
"""How long brokers may take to start, s: three of them, on a busy machine."""
_READ_S = 60
"""How long a reader waits for what it should find, s."""
_MEMORY = "-Xmx128m -Xms64m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto"
_LOCAL = "127.0.0.1"


def told_properties() -> dict[str, str]:
    """The settings of a broker that the page tells."""
    found = re.search(r"```properties\n(.*?)```", _PAGE.read_text("utf-8"), re.DOTALL)
    assert found is not None
    lines = (line.strip() for line in found[1].strip().splitlines())
    return dict(line.split("=", 1) for line in lines)


class Brokers:
    """Brokers that know each other, with certificates of a data folder's authority.

    Attributes:
        data: The data folder.
        admin: The administrator's file.
    """

    def __init__(
        self, folder: Path, data: Path, number: int = 1, ports: Sequence[int] = ()
    ) -> None:
        self.program = program_or_skip("kafka")
        if shutil.which("java") is None:
            missing("Kafka", "there is no Java")
        self.folder, self.data = folder, data
        self.ports = list(ports) or [free_port(_LOCAL) for _ in range(number)]
        self._controllers = [free_port(_LOCAL) for _ in range(number)]
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        self.admin = folder / "admin.pem"
        folder.mkdir(parents=True, exist_ok=True)
        kafka_certificate(data, self.admin)
        drawn = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        cluster = drawn.replace("-", "_")  # one that begins so would be taken for an option
        for node in range(number):
            self._format(node, cluster)
        for node in range(number):
            self.start(node)
        self.wait()

    @property
    def servers(self) -> str:
        return ",".join(f"{_LOCAL}:{port}" for port in self.ports)

    def start(self, node: int) -> None:
        with (self.folder / f"log{node}").open("ab") as log:
            self._processes[node] = subprocess.Popen(  # noqa: S603 - the component of these tests
                [self.program, "kafka.Kafka", str(self._file(node))],
                env=os.environ | {"KAFKA_OPTS": _MEMORY},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self, node: int) -> None:
        """End a broker as a power cut would."""
        process = self._processes.pop(node)
        process.send_signal(signal.SIGKILL)
        process.wait(30)

    def stop(self) -> None:
        for node in list(self._processes):
            self.kill(node)

    def wait(self) -> None:
        """Wait until all brokers that run have joined."""
        client = AdminClient(self.client("admin"))
        until_s = time.monotonic() + _STARTED_S
        while time.monotonic() < until_s:
            with contextlib.suppress(KafkaException):
                if len(client.list_topics(timeout=5).brokers) == len(self._processes):
                    return
            time.sleep(0.3)
        pytest.fail((self.folder / "log0").read_text()[-1500:])

    def party(self, name: str) -> Path:
        """The file of a party's key and certificate."""
        file = self.folder / f"{name}.pem"
        if not file.exists():
            kafka_certificate(self.data, file, party=name)
        return file

    def client(self, name: str, file: Path | None = None) -> dict[str, Any]:
        """What a client is told that comes with a party's certificate."""
        file = file or (self.admin if name == "admin" else self.party(name))
        return {
            "bootstrap.servers": self.servers,
            "security.protocol": "ssl",
            "ssl.ca.location": str(self.data / "ca.pem"),
            "ssl.certificate.location": str(file),
            "ssl.key.location": str(file),
            "log_level": 0,
        }

    def _format(self, node: int, cluster: str) -> None:
        kept = self.folder / f"broker{node}.pem"
        kafka_certificate(self.data, kept, hosts=(_LOCAL,))
        port, controller = self.ports[node], self._controllers[node]
        voters = (f"{each + 1}@{_LOCAL}:{at}" for each, at in enumerate(self._controllers))
        number = len(self.ports)
        own = {
            "node.id": str(node + 1),
            "controller.quorum.voters": ",".join(voters),
            "listeners": f"SSL://{_LOCAL}:{port},CONTROLLER://{_LOCAL}:{controller}",
            "advertised.listeners": f"SSL://{_LOCAL}:{port}",
            "log.dirs": str(self.folder / f"data{node}"),
            "ssl.keystore.location": str(kept),
            "ssl.truststore.location": str(self.data / "ca.pem"),
            "offsets.topic.replication.factor": str(number),
            "transaction.state.log.replication.factor": str(number),
            "transaction.state.log.min.isr": str(min(number, 2)),
        } | _SMALL
        self._file(node).write_text(_written(told_properties() | own))
        command = [self.program, "kafka.tools.StorageTool", "format", "-t", cluster, "-c"]
        subprocess.run(  # noqa: S603 - the component of these tests
            [*command, str(self._file(node))],
            check=True,
            capture_output=True,
            timeout=_STARTED_S,
            env=os.environ | {"KAFKA_OPTS": _MEMORY},
        )

    def _file(self, node: int) -> Path:
        return self.folder / f"server{node}.properties"


_SMALL = {
    "offsets.topic.num.partitions": "3",
    "transaction.state.log.num.partitions": "3",
    "group.initial.rebalance.delay.ms": "0",
    "num.network.threads": "2",
    "num.io.threads": "2",
    "background.threads": "2",
    "log.cleaner.dedupe.buffer.size": "4194304",
    "broker.session.timeout.ms": "2000",
    "broker.heartbeat.interval.ms": "500",
}
"""What keeps brokers small and quick on a machine of tests."""


def _written(properties: Mapping[str, str]) -> str:
    return "".join(f"{name}={value}\n" for name, value in properties.items())


@contextlib.contextmanager
def running(
    folder: Path, data: Path, number: int = 1, ports: Sequence[int] = ()
) -> Iterator[Brokers]:
    """Start brokers, at ports that were chosen before or at free ones, and end them."""
    brokers = Brokers(folder, data, number, ports)
    try:
        yield brokers
    finally:
        brokers.stop()


def read_all(
    brokers: Brokers,
    party: str,
    topics: list[str],
    *,
    count: int,
    group: str = "",
) -> dict[str, list[tuple[int, bytes]]]:
    """What a party reads of its topics that is committed: number and body, by topic.

    It waits for so many messages, and a moment for further ones.
    """
    told = {"isolation.level": "read_committed", "auto.offset.reset": "earliest"}
    named = {"group.id": group or f"{party}.{uuid.uuid4().hex}"}
    consumer = Consumer(brokers.client(party) | told | named)
    consumer.subscribe(topics)
    found: dict[str, list[tuple[int, bytes]]] = {topic: [] for topic in topics}
    until_s, total = time.monotonic() + _READ_S, 0
    try:
        while time.monotonic() < until_s:
            message = consumer.poll(1.5 if total >= count else 0.5)
            if message is None:
                if total >= count:
                    break
                continue
            error = message.error()
            if error is not None and error.code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
                raise KafkaException(error)
            if error is None:
                number = int(dict(message.headers() or [])["number"] or b"0")
                found[str(message.topic())].append((number, message.value() or b""))
                total += 1
    finally:
        consumer.close()
    return found
