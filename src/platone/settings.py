"""The settings of a server, from a file, the environment and the command line; read only here."""

import ipaddress
import math
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from pathlib import Path
from typing import TypeVar
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import msgspec

from platone.infra.mqtt.bridge import DEFAULT_BRIDGES, bridges_in, bridges_out
from platone.infra.retention import KeptDays
from platone.kernel.errors import PlatoneError
from platone.kernel.market_time import as_utc
from platone.messages.clearing import ClearingRules, Method, Participation, Ties
from platone.messages.partner import CONTEXTS, PARTNER_NAME
from platone.messages.phasor import AngleUnit

T = TypeVar("T")
DEFAULT = "default"
"""Where a setting comes from that nobody has said."""
_PREFIX = "PLATONE_"
_CHOICES = {
    "webhook_hosts": ("public", "any"),
    "qualification": ("asked", "notAsked"),
    "metrics": ("off", "loopback", "token"),
    "mqtt": ("embedded", "mosquitto"),
    "databus": ("mqtt", "kafka"),
    "log_format": ("plain", "json"),
    "log_level": ("debug", "info", "warning", "error"),
}
"""Words that a setting may have."""
_THIS_MACHINE = ("127.0.0.1", "::1", "localhost")
"""Names of this machine."""
_NAME = re.compile(PARTNER_NAME)
_SERVER = re.compile(r"([A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\]):\d{1,5}")
_COLLECTOR = re.compile(r"https?://([A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])(:\d{1,5})?(/[\w./-]*)?")
_URL = re.compile(r"https://([A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])(:\d{1,5})?")


class SettingInvalid(PlatoneError):
    """A setting of the configuration file, the environment or the command line is wrong."""

    slug = "setting-invalid"
    title = "A setting is wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The server's settings.

    Attributes:
        data: Folder of everything that is kept.
        host: Address to listen on.
        port: Port of HTTPS; 0 takes a free one.
        mqtt_port: Port of MQTT over TLS; 0 takes a free one, and keeps it.
        mqtt: The broker of the devices: ``embedded``, in this process, or ``mosquitto``.
        mosquitto: Mosquitto's program, by name or path.
        zone: IANA zone of the market day.
        clearing: How market sessions are cleared, and what is traded; none is the default.
        answer_minutes: How long after its gate a session's trades may become final.
        answer_before_delivery_minutes: How long before delivery they have to be.
        participation: What a point of delivery has to have to be offered: ``registered``,
            ``placed`` (and a point of measurement), ``agreed`` (and an agreement).
        qualification: ``asked``, where only qualified units and groups may be offered, or
            ``notAsked``.
        clock: Start of a simulated clock; none for the machine's.
        speed: Simulated seconds a real second.
        chain_id: Chain id of the embedded chain, or of the ledger's network (EIP-155).
        ledger_network: Address of the JSON-RPC of an Ethereum network's node, on which the ledger's
            contracts live; empty: on a chain embedded in this server.
        ledger_network_ca: File of certificates of authorities that the node is trusted by; empty:
            the system's.
        ledger_confirmations: From how many blocks on, its own included, a transaction on the
            network counts.
        ledger_fee_limit_gwei: The most that is paid for a unit of gas there, 1e-9 ether.
        ledger_replace_seconds: After how long in no block a transaction is sent anew there, with a
            higher fee.
        token_minutes: Life of an access token.
        phasor_angle_unit: Unit of angles of phasor measurement units that are not configured.
        databus: The DSO's databus: topics of the broker of devices, ``mqtt``, or of ``kafka``.
        databus_bridges: What is passed on to it from that broker, and under which names: bridges
            as ``platone/dsotp/# -> raw/bal/#``, separated by commas.
        databus_bridges_back: What is passed back from it in Kafka to that broker, likewise.
        payment_records_days: Days after delivery for which the law has records of payments kept:
            an erasure waits as long with what trades and payments are known by.
        retention: How many days data of each kind are kept; for ever where it says nothing,
            or is none.
        workers: Where requests and validations are calculated: empty for in this process,
            ``processes:4``, or the address of a Dask scheduler.
        calculation_processes: Calculations at once, each in a process of its own; 0: all cores
            but one.
        calculation_queue: Calculations that may wait.
        calculation_seconds: How long a calculation may run.
        calculation_memory_mib: Memory that a calculation may have, MiB.
        connections: Connections at once, of HTTPS and of MQTT each.
        connections_by_address: Connections at once of one address.
        webhook_hosts: Hosts that participants' endpoints may have: ``public``, or ``any``.
        webhook_ca: File of certificates of authorities that endpoints are trusted by; empty: the
            system's.
        trusted_proxies: Addresses or networks of reverse proxies whose ``X-Forwarded-For`` is
            believed, separated by commas; empty: nobody's is.
        public_url: Address at which others reach the server, such as ``https://market.example``;
            empty: its host and port.
        passkey_domain: Domain that passkeys are made for: the host of ``public_url``, or one above
            it; empty: that host.
        oidc_issuer: Address of the OpenID Connect provider at which people sign in; empty: they
            sign in at this server.
        oidc_client_id: Identifier under which the provider knows our pages.
        oidc_secret_file: File with the secret of that client.
        oidc_audience: Whom the provider's access tokens for this server name.
        oidc_party_claim: Claim that names the party; dots lead into objects.
        oidc_roles_claim: Claim that names the roles, likewise.
        oidc_name_claim: Claim by which logs name who called, likewise.
        oidc_roles: Our roles by the provider's names, as ``grid-operator:SystemOperator``,
            separated by commas; empty: it names them as we do.
        oidc_parties: Parties that the provider may speak for, separated by commas; empty: all.
        oidc_ca: File of certificates of authorities that it is trusted by; empty: the system's.
        contexts: Contexts that run in this server, separated by commas; empty: all of them. The
            others run on partners' servers.
        name: The short name by which partners know this server.
        aggregators: Aggregators whose platform runs in this server, separated by commas; others
            run their own, and follow their topics.
        metrics: Who may read the metrics: ``off`` (nobody), ``loopback`` (programs on the same
            machine), ``token`` (who has the token of the data folder's file).
        database: Address of the PostgreSQL database that records are in, with ``{context}`` where
            a context's name goes; empty: files in the data folder.
        database_password_file: File of its password, likewise; empty: none.
        kafka: Addresses of Kafka's brokers, separated by commas, to which topics and readings are
            published; empty: they are not.
        kafka_ca: File of the authority's certificate that the brokers' are signed by; empty: our
            own authority's.
        kafka_certificate: File of our certificate there, PEM; empty: one of our own authority.
        kafka_key: File of its key.
        kafka_name: Beginning of the names of our transactions and groups there.
        trace_endpoint: Address of an OpenTelemetry collector that takes OTLP over HTTP, to which
            sessions' steps are told; empty: they are not.
        log_format: Form of the log: ``plain`` lines, or a ``json`` object a line.
        log_level: The least level of lines of the log: ``debug``, ``info``, ``warning``, ``error``.
    """

    data: Path = Path("platone-data")
    host: str = "127.0.0.1"
    port: int = 8443
    mqtt_port: int = 0
    mqtt: str = "embedded"
    mosquitto: str = "mosquitto"
    zone: str = "Europe/Rome"
    clearing: ClearingRules | None = None
    answer_minutes: int = 240
    answer_before_delivery_minutes: int = 30
    participation: Participation = Participation.REGISTERED
    qualification: str = "notAsked"
    clock: datetime | None = None
    speed: float = 1.0
    chain_id: int = 864300  # the grant agreement's number: no public network has it
    ledger_network: str = ""
    ledger_network_ca: str = ""
    ledger_confirmations: int = 1
    ledger_fee_limit_gwei: int = 500
    ledger_replace_seconds: int = 120
    token_minutes: int = 10
    phasor_angle_unit: AngleUnit = AngleUnit.DEGREE
    databus: str = "mqtt"
    databus_bridges: str = DEFAULT_BRIDGES
    databus_bridges_back: str = ""
    payment_records_days: int = 0
    retention: KeptDays | None = None
    workers: str = ""
    calculation_processes: int = 0
    calculation_queue: int = 64
    calculation_seconds: int = 900
    calculation_memory_mib: int = 4096
    connections: int = 2000
    connections_by_address: int = 400
    webhook_hosts: str = "public"
    webhook_ca: str = ""
    trusted_proxies: str = ""
    public_url: str = ""
    passkey_domain: str = ""
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_secret_file: str = ""
    oidc_audience: str = "platone"
    oidc_party_claim: str = "party"
    oidc_roles_claim: str = "roles"
    oidc_name_claim: str = "sub"
    oidc_roles: str = ""
    oidc_parties: str = ""
    oidc_ca: str = ""
    contexts: str = ""
    name: str = "platone"
    aggregators: str = "ACEAE,ACEAE_2"
    metrics: str = "off"
    database: str = ""
    database_password_file: str = ""
    kafka: str = ""
    kafka_ca: str = ""
    kafka_certificate: str = ""
    kafka_key: str = ""
    kafka_name: str = "platone"
    trace_endpoint: str = ""
    log_format: str = "plain"
    log_level: str = "warning"


def _parsed(name: str, value: object) -> object:
    """Return a raw value in the type of its setting."""
    try:
        match name:
            case "data":
                return Path(str(value))
            case "clock":
                return _instant(value)
            case "clearing":
                return _clearing_rules(value)
            case "retention":
                return _table(value, KeptDays)
            case "speed":
                return float(str(value))
            case _:
                return _OF_TEXT.get(name, str)(str(value))
    except ValueError as error:
        raise SettingInvalid(f"{name} = {value!r}: {error}", setting=name) from error


def _instant(value: object) -> datetime:
    """Return an instant that TOML has read, or a text that says one."""
    try:
        stated = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError as error:
        raise ValueError("it is no instant; one is 2021-06-23T10:30:00Z") from error
    return as_utc(stated)


def _table(value: object, kind: type[T]) -> T:
    """Return a struct of a table of the file, or of JSON."""
    try:
        if isinstance(value, str):
            return msgspec.json.decode(value, type=kind)
        return msgspec.convert(value, kind)
    except msgspec.MsgspecError as error:
        raise ValueError(str(error)) from error


def _clearing_rules(value: object) -> ClearingRules:
    """Return rules of clearing from a table of the file, or from JSON."""
    rules = _table(value, ClearingRules)
    by_merit = rules.method is Method.MERIT_ORDER
    if rules.linked_orders and by_merit:
        raise ValueError("linkedOrders are decided by the method leastCost only")
    product = rules.product
    if product is not None and product.bounds_duration and by_merit:
        raise ValueError("durations of activations are kept by the method leastCost only")
    if product is not None and (product.least_quarter_hours or 1) > (
        product.most_quarter_hours or math.inf
    ):
        raise ValueError("leastQuarterHours is above mostQuarterHours")
    if rules.ties is Ties.PRO_RATA and not by_merit:
        raise ValueError("ties are pro rata with the method meritOrder only")
    return rules


def _networks(text: str) -> str:
    """Return addresses and networks, separated by commas, as each is written in full."""
    return ",".join(str(ipaddress.ip_network(each.strip())) for each in text.split(",") if text)


def _servers(text: str) -> str:
    """Return addresses of brokers, separated by commas, without spaces."""
    found = text.replace(",", " ").split()
    for each in found:
        if not _SERVER.fullmatch(each):
            raise ValueError(f"{each} is no address of a broker; one is kafka1.example:9093")
    return ",".join(found)


def _node(text: str) -> str:
    """Return the address of a node, over TLS unless it is on this machine."""
    parts = urlsplit(text)
    if text and (not parts.hostname or parts.scheme not in {"https", "http"}):
        raise ValueError("it is no address of a node; one is https://node.example:8545")
    if parts.scheme == "http" and parts.hostname not in _THIS_MACHINE:
        raise ValueError("only a node on this machine is reached without TLS")
    return text


def _read_by(read: Callable[[str], object]) -> Callable[[str], str]:
    """Return a text as it is, where something reads it without an error."""

    def checked(text: str) -> str:
        read(text)
        return text

    return checked


def _at_least_one(text: str) -> int:
    found = int(text)
    if found < 1:
        raise ValueError("it is at least 1")
    return found


def _none_or_more(text: str) -> int:
    found = int(text)
    if found < 0:
        raise ValueError("it is at least 0")
    return found


_OF_TEXT: dict[str, Callable[[str], object]] = {
    "phasor_angle_unit": AngleUnit,
    "participation": Participation,
    "port": int,
    "mqtt_port": int,
    "chain_id": int,
    "ledger_network": _node,
    "ledger_confirmations": _at_least_one,
    "ledger_fee_limit_gwei": _none_or_more,
    "ledger_replace_seconds": _at_least_one,
    "token_minutes": int,
    "payment_records_days": _none_or_more,
    "databus_bridges": _read_by(bridges_in),
    "databus_bridges_back": _read_by(bridges_out),
    "answer_minutes": _at_least_one,
    "answer_before_delivery_minutes": _none_or_more,
    "calculation_processes": _none_or_more,
    "calculation_queue": _at_least_one,
    "calculation_seconds": _at_least_one,
    "calculation_memory_mib": _at_least_one,
    "connections": _at_least_one,
    "connections_by_address": _at_least_one,
    "trusted_proxies": _networks,
    "kafka": _servers,
}
"""The functions that make settings of text, where they are no text."""


def load_settings(file: Path | None = None, **given: object) -> Settings:
    """Settings from a TOML file, then PLATONE_… variables, then what is given; the last wins.

    Raises:
        SettingInvalid: A setting is unknown or has no sense; the detail names it.
    """
    return traced_settings(file, **given)[0]


def traced_settings(
    file: Path | None = None, **given: object
) -> tuple[Settings, Mapping[str, str]]:
    """Return the settings as :func:`load_settings`, and in words where each comes from."""
    names = {field.name for field in fields(Settings)}
    raw = _of_file(file) if file is not None else {}
    source = dict.fromkeys(names, DEFAULT) | dict.fromkeys(raw, f"file {file}")
    for name in names:
        variable = _PREFIX + name.upper()
        if variable in os.environ:
            raw[name], source[name] = os.environ[variable], f"environment {variable}"
    for name, value in given.items():
        if value is not None:
            raw[name], source[name] = value, "command line"
    unknown = sorted(raw.keys() - names)
    if unknown:
        raise SettingInvalid(f"There is no setting named {', '.join(unknown)}.")
    settings = replace(Settings(), **{name: _parsed(name, raw[name]) for name in raw})  # type: ignore[arg-type]  # parsed by name
    _check(settings)
    return settings, source


def unknown_variables() -> list[str]:
    """Return the names of variables that look like settings, and are none: a slip, most likely."""
    known = {_PREFIX + field.name.upper() for field in fields(Settings)}
    return sorted(name for name in os.environ if name.startswith(_PREFIX) and name not in known)


def _of_file(file: Path) -> dict[str, object]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise SettingInvalid(f"{file} cannot be read: {error.strerror}.") from error
    except ValueError as error:  # of TOML, or of its UTF-8
        raise SettingInvalid(f"{file}: {error}") from error


def _check(settings: Settings) -> None:
    """Check settings that each have a sense by themselves.

    Raises:
        SettingInvalid: One is out of its bounds; the detail names it.
    """
    if not 0 <= settings.speed < math.inf:  # which NaN is not, either
        raise SettingInvalid("speed is a number of at least 0.")
    try:
        ZoneInfo(settings.zone)
    except (KeyError, ValueError, OSError) as error:
        raise SettingInvalid(f"zone = {settings.zone!r}: there is no such zone.") from error
    for name, choices in _CHOICES.items():
        if getattr(settings, name) not in choices:
            raise SettingInvalid(f"{name} is {' or '.join(choices)}.")
    unknown = set(settings.contexts.replace(",", " ").split()) - set(CONTEXTS)
    if unknown:
        raise SettingInvalid(
            f"contexts: there is no {', '.join(sorted(unknown))}; there are {', '.join(CONTEXTS)}."
        )
    if not _NAME.fullmatch(settings.name):
        raise SettingInvalid("name is of small letters, digits and hyphens, 60 at most.")
    _check_addresses(settings)
    kept = settings.retention.readings if settings.retention is not None else None
    if kept is not None and kept < settings.payment_records_days:
        raise SettingInvalid(
            f"retention keeps readings {kept} days; payments, which rest on them, are kept "
            f"payment_records_days = {settings.payment_records_days}."
        )


def _check_addresses(settings: Settings) -> None:
    """Check where a server is reached, and where its records are, likewise."""
    if settings.public_url and not _URL.fullmatch(settings.public_url):
        raise SettingInvalid(f"public_url is as https://name:port, not {settings.public_url!r}.")
    if settings.trace_endpoint and not _COLLECTOR.fullmatch(settings.trace_endpoint):
        raise SettingInvalid("trace_endpoint is as http://collector.example:4318.")
    host = f".{urlsplit(settings.public_url).hostname or ''}"
    if settings.passkey_domain and not host.endswith(f".{settings.passkey_domain}"):
        raise SettingInvalid("passkey_domain is the host of public_url, or a domain above it.")
    if settings.database:
        _check_database(settings.database)
    _check_provider(settings)
    if bool(settings.kafka_certificate) != bool(settings.kafka_key):
        raise SettingInvalid("kafka_certificate and kafka_key are set both, or neither.")
    if settings.databus == "kafka" and not settings.kafka:
        raise SettingInvalid("databus is kafka, and kafka names no broker.")
    if settings.databus_bridges_back and settings.databus != "kafka":
        raise SettingInvalid("databus_bridges_back is for databus = kafka.")
    if not _NAME.fullmatch(settings.kafka_name):
        raise SettingInvalid("kafka_name is of small letters, digits and hyphens, 60 at most.")
    if not 0 <= settings.port < 2**16 or not 0 <= settings.mqtt_port < 2**16:
        raise SettingInvalid("ports are 0 to 65535.")


def _check_database(address: str) -> None:
    """Check an address of a database; what is wrong is told without it, since it may be secret."""
    parts = urlsplit(address)
    if parts.scheme != "postgresql" or not parts.path.strip("/"):
        raise SettingInvalid("database is as postgresql://user@host:port/name, or is not set.")
    if parts.password is not None or "password" in dict(parse_qsl(parts.query)):
        raise SettingInvalid("database has a password in it: put it into database_password_file.")


def _check_provider(settings: Settings) -> None:
    if not settings.oidc_issuer:
        return
    if not settings.oidc_issuer.startswith("https://"):
        raise SettingInvalid("oidc_issuer is an https address.")
    if not settings.oidc_client_id or not settings.oidc_secret_file:
        raise SettingInvalid("oidc_issuer needs oidc_client_id and oidc_secret_file.")
    if settings.oidc_audience in {"", settings.oidc_client_id}:
        # a token that only tells who signed in names the client: it must open nothing
        raise SettingInvalid("oidc_audience is a name of its own, other than oidc_client_id.")
