"""A look at Kafka as a server's publishers see it."""

from collections.abc import Iterator

from platone.bootstrap.doctor.finding import Finding, fault, ok
from platone.bootstrap.kafka_link import link_of, publisher_name, publishing
from platone.bootstrap.part import contexts_here
from platone.infra.kafka.link import is_installed
from platone.infra.kafka.problem import KafkaAway
from platone.infra.mqtt.tls import TlsFiles
from platone.kernel.extra import Extra
from platone.settings import Settings


def look_at_kafka(settings: Settings) -> Iterator[Finding]:
    """Yield whether each publisher reaches Kafka, where that is chosen, with its certificate."""
    if not settings.kafka:
        return
    if not is_installed():
        text = Extra.KAFKA.is_missing_for("the setting kafka")
        yield fault("kafka", "its client is not installed", text)
        return
    for context in contexts_here(settings):
        if context in publishing(settings):
            yield _reached(settings, context)


def _reached(settings: Settings, context: str) -> Finding:
    from platone.infra.kafka.administration import KafkaAdministration  # noqa: PLC0415 - an extra

    about, name = f"kafka of {context}", publisher_name(context)
    folder = settings.data / "identity"
    own = TlsFiles(
        settings.data / "ca.pem", folder / f"client-{name}.pem", folder / f"client-{name}-key.pem"
    )
    link = link_of(settings, own, context)
    for file in (link.tls.authority, link.tls.certificate, link.tls.key):
        if not file.exists():
            advice = "Its own is made by the first start with kafka; others by kafka_certificate."
            return fault(about, f"there is no {file}", advice)
    try:
        number = KafkaAdministration(link).brokers()
    except KafkaAway as error:
        advice = "Does it run, and trust this server's authority? docs/how-to/publish-to-kafka.md"
        return fault(about, error.detail, advice)
    return ok(about, f"{number} brokers answer at {settings.kafka}")
