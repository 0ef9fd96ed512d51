"""`platone kafka …`: topics, rights and certificates of the parties at Kafka."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from platone import bootstrap
from platone.cli.option import Json
from platone.cli.output import write
from platone.cli.user import DATA, Data
from platone.settings import load_settings

app = typer.Typer(
    no_args_is_help=True, help="Make the topics, rights and certificates of the parties at Kafka."
)


@app.command()
def certificate(
    out: Annotated[Path, typer.Argument(help="File for key and certificate, PEM.")],
    party: Annotated[str, typer.Option(help="The party that it is for.")] = "",
    broker: Annotated[
        list[str] | None,
        typer.Option(help="A name or address of the broker that it is for; several times."),
    ] = None,
    administrator: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option("--administrator", help="It is for who makes topics and rights.")
    ] = False,
    data: Data = DATA,
) -> None:
    """Make a key and certificate of the server's authority: of a party, broker or administrator."""
    if sum(map(bool, (party, broker, administrator))) != 1:
        raise typer.BadParameter("one of --party, --broker and --administrator")
    name = bootstrap.kafka_certificate(data, out, party=party, hosts=tuple(broker or ()))
    sys.stdout.write(f"{out}: key and certificate of {name}\n")


@app.command()
def acl(  # noqa: PLR0917 - one parameter an option
    certificate: Annotated[
        Path | None,
        typer.Option(help="The administrator's key and certificate. Default: only show."),
    ] = None,
    kafka: Annotated[str | None, typer.Option(help="Brokers, such as kafka1.example:9093.")] = None,
    config: Annotated[Path | None, typer.Option(help="TOML file with settings.")] = None,
    data: Annotated[Path | None, typer.Option(help="The server's folder; it may run.")] = None,
    replicas: Annotated[int, typer.Option(min=1, max=9, help="Copies of each topic.")] = 3,
    keep_days: Annotated[
        int, typer.Option(min=1, max=3650, help="How long Kafka keeps messages, days.")
    ] = 7,
    json: Json = False,  # noqa: FBT002 - a flag
) -> None:
    """Make the topics and rights of all parties at Kafka, and take those of parties that left."""
    settings = load_settings(config, data=data, kafka=kafka)
    rights = bootstrap.kafka_rights(settings)
    if certificate is None:
        told = {
            "topics": rights.topics,
            "rights": [
                {
                    "who": each.who,
                    "operation": each.operation.value,
                    "resource": each.resource.value,
                    "name": each.name,
                }
                for each in rights.grants
            ],
        }
        lines = [f"topic {each}" for each in rights.topics]
        lines += [
            f"{each.who} may {each.operation.value} {each.resource.value} {each.name}"
            for each in rights.grants
        ]
        write(told, "\n".join(lines), None, json=json)
        return
    done = bootstrap.apply_rights(
        settings, rights, certificate, keep_days=keep_days, replicas=replicas
    )
    text = f"{len(done.topics)} topics made, {done.given} rights given, {len(done.taken)} taken"
    lines = [text, *(f"taken: {each}" for each in done.taken)]
    report = {"topics": done.topics, "given": done.given, "taken": done.taken}
    write(report, "\n".join(lines), None, json=json)
