"""Where a context publishes its topics, as a server's settings say."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from platone.bootstrap.problem import ServerFailed
from platone.infra.kafka.link import KafkaLink, is_installed
from platone.infra.mqtt.tls import TlsFiles
from platone.kernel.extra import Extra
from platone.settings import Settings

_OVER_KAFKA = "kafka"
"""The word for the DSO's databus over Kafka."""


def publishing(settings: Settings) -> tuple[str, ...]:
    """Return the contexts that publish to Kafka, where it is chosen."""
    return ("market", "customers", *(("dso",) if has_databus(settings) else ()))


def has_databus(settings: Settings) -> bool:
    """Return whether the DSO's databus is topics of Kafka."""
    return settings.databus == _OVER_KAFKA


def publisher_name(context: str) -> str:
    """Return the name that a context's own certificate has at Kafka."""
    return f"publisher-{context}"


def publisher_of(settings: Settings, context: str) -> str:
    """Return the name of a context's transactions, with which its groups' names begin."""
    return f"{settings.kafka_name}-{context}"


async def kafka_link(
    settings: Settings, transport: Callable[[str], Awaitable[TlsFiles]], context: str
) -> KafkaLink | None:
    """Return where a context publishes its topics; none where that was not chosen.

    Args:
        settings: What was chosen.
        transport: Gives key and certificate of one of our own names.
        context: The context.

    Raises:
        ServerFailed: The client of Kafka is not installed.
    """
    if not settings.kafka:
        return None
    if not is_installed():
        raise ServerFailed(Extra.KAFKA.is_missing_for("the setting kafka"))
    return link_of(settings, await transport(publisher_name(context)), context)


def link_of(settings: Settings, own: TlsFiles, context: str) -> KafkaLink:
    """Return where a context publishes, with the files that the settings name, else its own.

    Args:
        settings: What was chosen.
        own: The certificate of our own authority.
        context: The context.
    """
    tls = TlsFiles(
        Path(settings.kafka_ca) if settings.kafka_ca else own.authority,
        Path(settings.kafka_certificate) if settings.kafka_certificate else own.certificate,
        Path(settings.kafka_key) if settings.kafka_key else own.key,
    )
    return KafkaLink(settings.kafka, tls, publisher_of(settings, context))
