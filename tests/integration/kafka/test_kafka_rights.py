"""Each party reads its own topics and no other's; the broker sees to it."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from confluent_kafka import KafkaError, KafkaException
from tests import kafka
from typer.testing import CliRunner

from platone.bootstrap import ServerFailed, add_party, remove_party
from platone.bootstrap.doctor.finding import Level
from platone.bootstrap.doctor.kafka import look_at_kafka
from platone.cli import app
from platone.identity.context import Identity
from platone.infra.kafka.link import KafkaLink
from platone.infra.kafka.problem import KafkaAway
from platone.infra.kafka.session import KafkaSession
from platone.infra.mqtt.tls import TlsFiles
from platone.messages.base import Role
from platone.settings import Settings

from .conftest import Told, link_of, regrant

OWN, OTHERS = "validated_outcome_ACEAE", "validated_outcome_ACEAE_2"


async def test_each_party_reads_its_own_in_order_and_whole(
    topics: Told, granted: kafka.Brokers
) -> None:
    long = b'"' + bytes([97]) * 9_000_000 + b'"'  # beyond what a broker takes by default
    await topics.tell(OWN, b"1", long, b"3")
    await topics.tell(OTHERS, b"other")
    await topics.tell("Settlement_ACEAE", b"paid")
    publisher = topics.publisher(link_of(granted, "market"))
    await topics.until_published(publisher)
    read = await asyncio.to_thread(
        kafka.read_all, granted, "ACEAE", [OWN, "Settlement_ACEAE"], count=4
    )
    assert read == {OWN: [(1, b"1"), (2, long), (3, b"3")], "Settlement_ACEAE": [(1, b"paid")]}
    with pytest.raises(KafkaException) as refused:
        await asyncio.to_thread(kafka.read_all, granted, "ACEAE_2", [OWN], count=1)
    assert refused.value.args[0].code() == KafkaError.TOPIC_AUTHORIZATION_FAILED


async def test_a_topic_without_rights_waits_by_itself_until_they_are_given(
    made_topics: Callable[[str], Told], granted: kafka.Brokers
) -> None:
    topics, new = made_topics("new"), "validated_outcome_NEW"
    await topics.database.open()
    await topics.tell(new, b"waits")
    await topics.tell("Settlement_DSO", b"goes on")
    publisher = topics.publisher(link_of(granted, "market"))
    async with asyncio.timeout(60):
        while [each.name for each in await topics.queue.waiting()] != [new]:
            await publisher.turn()
    figures = {each.name: each.samples[0].value for each in await publisher.measure()}
    assert (figures["platone_kafka_waiting"], figures["platone_kafka_refused_topics"]) == (1, 1)
    roles = (Role.FLEXIBILITY_SERVICE_PROVIDER,)
    await asyncio.to_thread(add_party, granted.data, "NEW", roles)
    await asyncio.to_thread(regrant, granted)
    await topics.until_published(publisher)
    read = await asyncio.to_thread(kafka.read_all, granted, "NEW", [new], count=1)
    assert read == {new: [(1, b"waits")]}
    await asyncio.to_thread(granted.party, "NEW")
    await asyncio.to_thread(remove_party, granted.data, "NEW")
    await asyncio.to_thread(regrant, granted)
    async with asyncio.timeout(60):  # a broker hears of it some moments later
        with pytest.raises(KafkaException):
            while True:
                await asyncio.to_thread(kafka.read_all, granted, "NEW", [new], count=1)


async def test_strangers_and_other_groups_are_refused(
    granted: kafka.Brokers, tmp_path: Path
) -> None:
    with pytest.raises(KafkaException) as refused:  # another's group
        await asyncio.to_thread(kafka.read_all, granted, "ACEAE", [OWN], count=1, group="ACEAE_2.x")
    assert refused.value.args[0].code() == KafkaError.GROUP_AUTHORIZATION_FAILED
    identity = Identity(tmp_path / "stranger", "https://127.0.0.1:8444")
    await identity.start()
    files = await identity.transport_credentials("publisher-market")
    await identity.stop()
    known = link_of(granted, "market")
    link = KafkaLink(
        known.servers, TlsFiles(known.tls.authority, files.certificate, files.key), known.name
    )
    with pytest.raises(KafkaAway, match=r"(?i)ssl|certificate"):
        await asyncio.to_thread(KafkaSession, link)


def test_the_doctor_tells_whether_kafka_is_reached(granted: kafka.Brokers) -> None:
    there = Settings(data=granted.data, kafka=granted.servers, databus="kafka")
    found = {each.about: each for each in look_at_kafka(there)}
    assert set(found) == {"kafka of market", "kafka of customers", "kafka of dso"}
    assert {each.level for each in found.values()} == {Level.OK}
    nowhere = Settings(data=granted.data, kafka="127.0.0.1:1", contexts="market")
    (told,) = look_at_kafka(nowhere)
    assert told.level is Level.FAULT
    assert "refused" in told.text
    missing = Settings(
        data=granted.data, kafka=granted.servers, kafka_certificate="/no.pem", kafka_key="/no.pem"
    )
    assert {each.text for each in look_at_kafka(missing)} == {"there is no /no.pem"}


def test_a_certificate_is_for_one_who_is_known(granted: kafka.Brokers, tmp_path: Path) -> None:
    file = tmp_path / "own.pem"
    command = ["kafka", "certificate", str(file), "--data", str(granted.data)]
    assert CliRunner().invoke(app, command).exit_code == 2
    assert CliRunner().invoke(app, [*command, "--party", "DSO", "--administrator"]).exit_code == 2
    unknown = CliRunner().invoke(app, [*command, "--party", "NOBODY"])
    assert isinstance(unknown.exception, ServerFailed)
    assert not file.exists()
    done = CliRunner().invoke(app, [*command, "--party", "DSO"])
    assert "party-DSO" in done.stdout
    assert file.stat().st_mode & 0o077 == 0


def test_rights_are_made_once_and_told_by_the_command(
    granted: kafka.Brokers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLATONE_DATABUS", "kafka")
    told = ["kafka", "acl", "--data", str(granted.data), "--kafka", granted.servers, "--json"]
    shown = json.loads(CliRunner().invoke(app, told).stdout)
    assert {"validated_outcome_DSO", "Settlement_ACEAE", "measurements_MO"} <= set(shown["topics"])
    of_aceae = {
        (each["operation"], each["name"])
        for each in shown["rights"]
        if each["who"] == "party-ACEAE" and each["operation"] != "describe"
    }
    kinds = ("validated_outcome", "Settlement", "Dispute", "Qualification", "marketSession")
    names = {f"{each}_ACEAE" for each in (*kinds, "measurements")} | {"ACEAE."}
    assert of_aceae == {("read", name) for name in names}
    of_dso = {each["name"] for each in shown["rights"] if each["who"] == "party-DSO"}
    assert {"raw.bal", "processed.bal"} <= of_dso
    made = CliRunner().invoke(app, [*told, "--certificate", str(granted.admin), "--replicas", "1"])
    assert json.loads(made.stdout) == {"topics": [], "given": 0, "taken": []}
