"""Workers: several servers of one market, which share its records in PostgreSQL and its keys.

Each has a data folder of its own, with copies of what they have in common. What they tell others is
one server: one address (the setting public_url), behind which a load balancer stands, one name, one
set of keys.
"""

import shutil
from pathlib import Path

import msgspec

import platone
from platone.bootstrap.founded import DATABASE_FILE
from platone.bootstrap.made_whole import made_whole
from platone.bootstrap.part import contexts_here
from platone.bootstrap.partner import PARTNER_FOLDER, own_partner
from platone.bootstrap.problem import ServerFailed
from platone.infra.key_file import check_private
from platone.settings import Settings

_CONTEXTS = frozenset({"market"})
"""Contexts whose steps workers share out; others have more than records: a chain, a broker, work in
memory."""
_KEYS = (Path("identity/ca-key.pem"), Path("identity/token-key.json"))
"""Files that workers have in common and nobody else may read: what certificates and tokens are
signed with."""
_OPEN = (Path("ca.pem"), Path("partner.toml"), Path("records.txt"), Path("started-with.json"))
"""Other files that they have in common, where there are any."""
_PER_WORKER = frozenset(
    {
        "data",
        "host",
        "port",
        "mqtt_port",
        "connections",
        "connections_by_address",
        "trusted_proxies",
        "metrics",
        "log_format",
        "log_level",
        "workers",
        "calculation_processes",
        "calculation_queue",
        "calculation_seconds",
        "calculation_memory_mib",
        "webhook_ca",
        "oidc_secret_file",
        "oidc_ca",
        "database",
        "database_password_file",
        "kafka_ca",
        "kafka_certificate",
        "kafka_key",
        "clock",
    }
)
"""Settings that may be others at each worker: where it listens, its bounds, its files."""


def is_shareable(settings: Settings) -> bool:
    """Return whether a server may be one of several workers."""
    return bool(settings.database) and _CONTEXTS.issuperset(contexts_here(settings))


def common_settings(settings: Settings, base_url: str) -> bytes:
    """Return the version and the settings that all workers have, to be compared.

    Args:
        settings: The settings.
        base_url: The address at which others reach them.
    """
    told = msgspec.to_builtins(settings, enc_hook=str)
    common = {name: value for name, value in told.items() if name not in _PER_WORKER}
    return msgspec.json.encode([platone.__version__, base_url, common], order="deterministic")


def common_keys(data: Path) -> bytes:
    """Return the keys that all workers have, to be compared."""
    return b"".join((data / each).read_bytes() for each in _KEYS)


def make_worker(data: Path, target: Path) -> None:
    """Make the data folder of a further worker, there whole or not, of the folder of another one.

    Raises:
        ServerFailed: The other one is no server that may have workers, or has not been started yet.
        BackupFailed: The new folder is taken.
        KeyFileUnsafe: Others than its owner may read a key.
    """
    contexts = own_partner(data).contexts
    if not _CONTEXTS.issuperset(contexts) or not contexts:
        raise ServerFailed(
            f"{data} is of a server with {', '.join(contexts)}: only one of the market alone "
            "(platone serve market) may have further workers."
        )
    if not (data / DATABASE_FILE).exists():
        raise ServerFailed(
            f"{data} has its records in files, which have one server: workers share a PostgreSQL "
            "database."
        )
    with made_whole(target) as draft:
        for each in (*_KEYS, Path(DATABASE_FILE)):
            check_private(data / each)
            _copy(data, draft, each)
        partners = sorted((data / PARTNER_FOLDER).glob("*.toml"))
        for each in (*_OPEN, *(file.relative_to(data) for file in partners)):
            if (data / each).exists():
                _copy(data, draft, each)


def _copy(data: Path, target: Path, name: Path) -> None:
    (target / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.copy(data / name, target / name)  # with its mode
