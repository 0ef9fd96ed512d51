"""`platone config …`: what a server would run with here."""

import json as json_form
from dataclasses import fields
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from platone.cli.option import Json
from platone.cli.output import write
from platone.settings import Settings, traced_settings, unknown_variables

app = typer.Typer(no_args_is_help=True, help="Show a server's settings and where they come from.")


@app.callback()
def config_command() -> None:
    """Show a server's settings and where they come from."""


@app.command()
def show(
    config: Annotated[Path | None, typer.Option(help="TOML file with settings.")] = None,
    json: Json = False,  # noqa: FBT002 - a flag
) -> None:
    """Show every setting, its value, and where it comes from."""
    settings, source = traced_settings(config)
    values = {field.name: getattr(settings, field.name) for field in fields(Settings)}
    unknown = unknown_variables()
    told = {
        "settings": [
            {"name": name, "value": _plain(value), "source": source[name]}
            for name, value in values.items()
        ],
        "unknownVariables": unknown,
    }
    lines = [f"{_toml(name, value)}  # {source[name]}" for name, value in values.items()]
    lines += [f"# {name} is set, and there is no setting of that name" for name in unknown]
    write(told, "\n".join(lines), None, json=json)


def _plain(value: Any) -> Any:
    """Return a value as JSON has it."""
    if isinstance(value, msgspec.Struct):
        return json_form.loads(msgspec.json.encode(value))
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Path) else value


def _toml(name: str, value: Any) -> str:
    """Return the line that sets a value in a file; of none, a comment."""
    if value is None:
        return f"# {name} is not set"
    plain = _plain(value)
    if isinstance(plain, dict):  # in a file a table or JSON: here JSON
        plain = json_form.dumps(plain)
    text = json_form.dumps(plain, ensure_ascii=False)  # TOML has no pairs of surrogates
    return f"{name} = {text}".replace("\x7f", "\\u007f")
