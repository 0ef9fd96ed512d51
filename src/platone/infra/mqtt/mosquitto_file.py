"""The files by which Mosquitto is told its rules. Pure.

Its own checks are few: a certificate's common name is user name and client id at once, and that
name's topics stand in the list. Clients that have no entry may connect, and do nothing.
"""

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from platone.infra.mqtt.acl import Action, rules_of
from platone.infra.mqtt.bound import BrokerBounds
from platone.infra.mqtt.tls import TlsFiles

CONTROL_USER = "platone"
"""The name of this server at Mosquitto's inner door."""
_QUEUED_MESSAGES = 20_000
"""Messages that wait for a client: as many as a link of ours takes in."""
_QUEUED_BYTES = 64 * 1024 * 1024
"""Bytes that wait for a client: readings of some minutes of a busy day."""
_IN_FLIGHT = 200
"""Messages sent to a client before it acknowledges, as the embedded broker has under way."""
_MEMORY_BYTES = 1024 * 1024 * 1024
"""Memory of the broker, bytes; 10,000 clients took 200 MB of it."""
_SESSION_DAYS = 1
"""How long the session of an absent client is kept, days, as the embedded broker keeps it."""
_HASH_ROUNDS = 100
"""Rounds of PBKDF2: few, since the secret is 32 random bytes and lives as long as the process."""
_SALT_BYTES = 12
"""Length of a salt, as Mosquitto has it, bytes."""
_WORDS = {Action.PUBLISH: "write", Action.SUBSCRIBE: "read"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """The doors of a Mosquitto, and who it runs as.

    Attributes:
        host: Address of the door of devices and services.
        port: Its port.
        control_port: Port on 127.0.0.1 by which this server hangs up on clients.
        tls: The broker's certificate, key, and the authority of its clients.
        user: The system's user that it shall run as; None to stay whoever starts it.
    """

    host: str
    port: int
    control_port: int
    tls: TlsFiles
    user: str | None


def access_list(names: Iterable[str]) -> str:
    """Return the list of what each of some services and devices may do (``acl_file``)."""
    lines = [
        line
        for name in names
        for line in (
            f"user {name}",
            *(
                f"topic {word} {rule}"
                for action, word in _WORDS.items()
                for rule in rules_of(name, action)
            ),
        )
    ]
    return "\n".join(lines) + "\n"


def password_line(secret: str, salt: bytes) -> str:
    """Return the line of the control user in a ``password_file`` (PBKDF2 with SHA-512)."""
    hashed = hashlib.pbkdf2_hmac("sha512", secret.encode(), salt[:_SALT_BYTES], _HASH_ROUNDS)
    parts = [base64.b64encode(part).decode() for part in (salt[:_SALT_BYTES], hashed)]
    return f"{CONTROL_USER}:$7${_HASH_ROUNDS}${parts[0]}${parts[1]}\n"


def configuration(folder: Path, doors: Doors, bounds: BrokerBounds) -> str:
    """Return Mosquitto's configuration.

    Args:
        folder: Where ``acl``, ``password`` and the empty list ``nothing`` lie.
        doors: Where it listens.
        bounds: Bounds on its clients, as far as it has them.
    """
    tls = doors.tls
    return f"""\
{f"user {doors.user}" if doors.user else ""}
per_listener_settings true
persistence false
log_dest stderr
log_timestamp false
log_type error
log_type warning
log_type notice
log_type information
connection_messages true
retain_available false
queue_qos0_messages false
set_tcp_nodelay true
max_packet_size {bounds.packet_bytes}
max_inflight_messages {_IN_FLIGHT}
max_queued_messages {_QUEUED_MESSAGES}
max_queued_bytes {_QUEUED_BYTES}
memory_limit {_MEMORY_BYTES}
persistent_client_expiration {_SESSION_DAYS}d

listener {doors.port} {doors.host}
max_connections {bounds.connections}
max_qos 1
allow_anonymous false
cafile {tls.authority.absolute()}
certfile {tls.certificate.absolute()}
keyfile {tls.key.absolute()}
tls_version tlsv1.2
require_certificate true
use_identity_as_username true
use_username_as_clientid true
acl_file {(folder / "acl").absolute()}

listener {doors.control_port} 127.0.0.1
allow_anonymous false
password_file {(folder / "password").absolute()}
acl_file {(folder / "nothing").absolute()}
"""
