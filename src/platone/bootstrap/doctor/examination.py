"""The whole look at a server: its settings, its folder, itself and its partners."""

from collections.abc import Iterator
from datetime import UTC, datetime

from platone.bootstrap.doctor.database import look_at_database
from platone.bootstrap.doctor.finding import Finding, fault, ok, warning
from platone.bootstrap.doctor.folder import look_at_folder
from platone.bootstrap.doctor.kafka import look_at_kafka
from platone.bootstrap.doctor.network import look_at_partners, look_at_server
from platone.settings import Settings, unknown_variables


def examine(settings: Settings) -> Iterator[Finding]:
    """Yield what is found of a server, whether it runs or not; nothing is changed.

    Args:
        settings: The server's settings.
    """
    yield from _settings()
    folder = settings.data
    if not (folder / "ca.pem").exists():
        advice = "Start the server once: it makes the folder. Or name another: --data, --config."
        yield fault("data folder", f"{folder} is no server's data folder", advice)
        return
    yield from look_at_folder(folder, datetime.now(UTC))
    yield from look_at_database(folder)
    yield from look_at_server(settings)
    yield from look_at_partners(settings)
    yield from look_at_kafka(settings)


def _settings() -> Iterator[Finding]:
    unknown = unknown_variables()
    for name in unknown:
        text = f"{name} is set, and there is no setting of that name"
        yield warning("settings", text, "platone config show lists all of them.")
    if not unknown:
        yield ok("settings", "each is known, and makes sense")
