"""`platone retention`: what a server keeps how long, and what would go now."""

from pathlib import Path

from platone import bootstrap
from platone.cli.output import write
from platone.settings import load_settings


def show_retention(config: Path | None, data: Path | None, *, json: bool) -> None:
    """Show each kind of data that can have a limit, and how much of it would go now."""
    found = bootstrap.look_at_retention(load_settings(config, data=data))
    lines = [
        f"{each.context} {each.kind}: "
        + ("kept for ever" if each.days is None else f"kept {each.days} days; {each.number} go now")
        for each in found
    ]
    write({"kinds": found}, "\n".join(lines) or "There are no records yet.", None, json=json)
