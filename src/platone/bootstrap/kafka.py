"""Kafka for a server: certificates of our authority, and topics and rights of all parties."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from platone.bootstrap.identity_records import with_identity
from platone.bootstrap.kafka_link import has_databus, publisher_name, publisher_of
from platone.bootstrap.parties import list_parties
from platone.bootstrap.partner import list_partners
from platone.bootstrap.problem import ServerFailed
from platone.customers.records.kafka_queue import TOPIC
from platone.dso.domain.databus import BRIDGE, CALCULATION, PROCESSED, RAW
from platone.identity.adapters.authority import FileAuthority
from platone.identity.domain.certificate import CertificateOrder, Usage
from platone.identity.records.certificate import CertificateRecords
from platone.identity.records.pem import key_bytes
from platone.infra.db import Database
from platone.infra.kafka.administration import Changed, KafkaAdministration
from platone.infra.kafka.grant import (
    PARTY,
    Grant,
    Operation,
    Resource,
    party_grants,
    publisher_grants,
)
from platone.infra.kafka.link import KafkaLink, group_name
from platone.infra.key_file import write_private
from platone.infra.mqtt.tls import TlsFiles
from platone.kernel.clock import SystemClock
from platone.market.domain.topic import topics_of
from platone.messages.base import Role
from platone.settings import Settings

BROKER, ADMINISTRATOR = "kafka-broker", "kafka-admin"
"""Names of the certificates of brokers and of the administrator: Kafka's ``super.users``."""
_READERS = {Role.SYSTEM_OPERATOR, Role.FLEXIBILITY_SERVICE_PROVIDER}
"""Roles of parties to which the market tells something."""
_DSO = "DSO"
"""The party whose databus it is."""
_LONGEST_NAME = 64
"""Longest common name of a certificate, letters (RFC 5280)."""


@dataclass(frozen=True, slots=True)
class KafkaRights:
    """The topics and rights of all parties of a server.

    Attributes:
        topics: All topics.
        grants: All rights.
    """

    topics: list[str]
    grants: list[Grant]


def kafka_rights(settings: Settings) -> KafkaRights:
    """Return the topics and rights of the parties that are known to a server, its own or partners'.

    Raises:
        ServerFailed: There is no data folder of a server.
    """
    roles: dict[str, set[Role]] = {
        each.party_id: set(each.roles) for each in list_parties(settings.data)
    }
    for partner in list_partners(settings.data):
        for party, of_partner in partner.parties.items():
            roles.setdefault(party, set()).update(of_partner)
    told: dict[str, list[str]] = {}
    readings: dict[str, str] = {}
    for party, its in sorted(roles.items()):
        if its & _READERS:
            told[party] = list(topics_of(party))
        if its & {Role.FLEXIBILITY_SERVICE_PROVIDER, Role.MARKET_OPERATOR}:
            readings[party] = TOPIC + party
    databus = [RAW, PROCESSED] if has_databus(settings) else []
    market = [topic for own in told.values() for topic in own]
    published = {"market": market, "customers": list(readings.values()), "dso": databus}
    grants = [
        grant
        for context, topics in published.items()
        for grant in publisher_grants(
            publisher_name(context), publisher_of(settings, context), topics
        )
    ]
    grants += _reading_grants(settings)
    all_of: dict[str, list[str]] = {
        party: [*told.get(party, ()), *([readings[party]] if party in readings else ())]
        for party in sorted({*told, *readings})
    }
    if databus:
        all_of.setdefault(_DSO, []).extend(databus)
    topics = [*market, *readings.values(), *databus]
    return KafkaRights(topics, [*grants, *party_grants(all_of)])


def _reading_grants(settings: Settings) -> list[Grant]:
    """Return the rights of the groups in which the DSO's platform reads its databus."""
    if not has_databus(settings):
        return []
    who, own = publisher_name("dso"), publisher_of(settings, "dso")
    ends = (CALCULATION, BRIDGE)
    return [Grant(who, Resource.GROUP, group_name(own, end), Operation.READ) for end in ends]


def apply_rights(
    settings: Settings,
    rights: KafkaRights,
    certificate: Path,
    *,
    keep_days: int,
    replicas: int,
) -> Changed:
    """Make topics and rights at Kafka; again: nothing more happens.

    Args:
        settings: The server's settings, which say where Kafka is.
        rights: The topics and rights.
        certificate: The administrator's key and certificate, PEM.
        keep_days: How long messages are kept.
        replicas: Copies of each topic.

    Raises:
        ServerFailed: The settings name no broker.
        KafkaAway: Kafka does not answer, or the certificate is not an administrator's.
    """
    if not settings.kafka:
        raise ServerFailed("No broker is named: set kafka, or give --kafka.")
    authority = Path(settings.kafka_ca) if settings.kafka_ca else settings.data / "ca.pem"
    tls = TlsFiles(authority, certificate, certificate)
    there = KafkaAdministration(KafkaLink(settings.kafka, tls, ADMINISTRATOR))
    return there.apply(rights.topics, rights.grants, keep_days, replicas)


def kafka_certificate(data: Path, out: Path, *, party: str = "", hosts: Sequence[str] = ()) -> str:
    """Write a new key and its certificate for Kafka into one file, and return whom it names.

    Args:
        data: The data folder, whose authority signs.
        out: The file: key, certificate and the authority's, PEM, for its owner only.
        party: The party that it is for; none for a broker or the administrator.
        hosts: The broker's names and addresses; none for the administrator.

    Raises:
        ServerFailed: There is no data folder of a server, or no such party.
    """
    order = _order(data, party, hosts)

    async def issue(database: Database) -> bytes:
        now = SystemClock().now()
        authority = _authority(data, now)
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = authority.sign(key.public_key(), order, now)
        await CertificateRecords(database).add(certificate, order, party or "platone", now)
        pem = Encoding.PEM
        signed = certificate.public_bytes(pem) + authority.certificate.public_bytes(pem)
        return key_bytes(key) + signed

    write_private(out, with_identity(data, issue))
    return order.common_name


def _order(data: Path, party: str, hosts: Sequence[str]) -> CertificateOrder:
    if not party:
        if hosts:
            return CertificateOrder(BROKER, Usage.BROKER, tuple(hosts))
        return CertificateOrder(ADMINISTRATOR, Usage.CLIENT)
    known = {each.party_id for each in list_parties(data)}
    known |= {name for each in list_partners(data) for name in each.parties}
    if party not in known:
        raise ServerFailed(f"There is no party {party}: platone party list tells them.")
    if len(PARTY + party) > _LONGEST_NAME:
        raise ServerFailed(f"{party} is too long for a certificate: {_LONGEST_NAME} letters.")
    return CertificateOrder(PARTY + party, Usage.CLIENT)


def _authority(data: Path, now: datetime) -> FileAuthority:
    authority = FileAuthority(data / "ca.pem", data / "identity" / "ca-key.pem")
    authority.open(now)
    return authority
