"""Groups of commands that are imported when one of their commands is asked for.

So `platone --help` and a short command do not wait for the libraries of all others.
"""

import ast
from collections.abc import Iterator, MutableMapping
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup

from platone.cli.extra_missing import needing
from platone.kernel.extra import Extra

_JOINED = "platone.commands"
"""Entry-point group by which other packages add groups of commands."""

FILES = "Calculate and check on files, without any server"
PLATFORM = "Run the platform"


class PlainGroup(TyperGroup):
    """A group of commands whose help shows flags without a type: they take no value."""

    def get_params(self, ctx: Any) -> Any:
        """Return the group's own options."""
        return _plain(super().get_params(ctx))

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command by its name; None where there is none."""
        command = super().get_command(ctx, cmd_name)
        if command is not None:
            _plain(command.get_params(ctx))
        return command


def _plain(params: Any) -> Any:
    for each in params:
        if getattr(each, "is_flag", False):
            each.metavar = ""
    return params


class LazyGroup(PlainGroup):
    """A group of commands that is imported on its first use.

    Args:
        entry: The group's name, and where its typer application is.
        extra: The extra that its commands need; none where they need what is always there.
        help_text: The line that stands beside its name.
        panel: The heading under which it is listed.
    """

    def __init__(self, entry: EntryPoint, extra: Extra | None, help_text: str, panel: str) -> None:
        super().__init__(
            name=entry.name, help=help_text, rich_help_panel=panel, no_args_is_help=True
        )
        self._entry = entry
        self._extra = extra

    @property
    def commands(self) -> MutableMapping[str, Any]:
        """The commands by name, which are imported now."""
        return self._imported

    @commands.setter
    def commands(self, given: object) -> None:
        """Ignore the constructor's commands: they are imported later."""

    @cached_property
    def _imported(self) -> MutableMapping[str, Any]:
        with needing(self._extra, str(self.name)):
            return typer.main.get_group(self._entry.load()).commands

    def invoke(self, ctx: Any) -> Any:
        """Run a command; where its packages are missing, say how to install them."""
        typed = [self.name, *ctx._protected_args]  # noqa: SLF001 - typer's name of the command's word
        with needing(self._extra, " ".join(typed)):
            return super().invoke(ctx)


class RootGroup(PlainGroup):
    """All commands: those that stand here, our groups, and the groups of other packages."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for group in (*_ours(), *_joined()):
            self.add_command(group)


def _ours() -> Iterator[LazyGroup]:
    market = EntryPoint("market", "platone.cli.market:app", _JOINED)
    told = "Clear and settle a recorded session again."
    yield LazyGroup(market, Extra.MARKET, told, FILES)
    dso = EntryPoint("dso", "platone.cli.dso_group:app", _JOINED)
    told = "Study a network: power flow, flexibility, estimation, profiles, pictures."
    yield LazyGroup(dso, Extra.GRID, told, FILES)
    books = EntryPoint("books", "platone.cli.books:app", _JOINED)
    told = "Hold the market's books against the chain, and write statements and invoices."
    yield LazyGroup(books, Extra.SERVER, told, FILES)
    chain = EntryPoint("chain", "platone.cli.chain_group:app", _JOINED)
    told = "Look at the ledger's chain, and check all of it."
    yield LazyGroup(chain, Extra.SERVER, told, PLATFORM)
    aggregator = EntryPoint("aggregator", "platone.cli.aggregator:app", _JOINED)
    told = "Run an aggregator's platform of its own, at a market elsewhere."
    yield LazyGroup(aggregator, Extra.SERVER, told, PLATFORM)
    tso = EntryPoint("tso", "platone.cli.tso:app", _JOINED)
    told = "Simulate a transmission system operator at a market."
    yield LazyGroup(tso, Extra.SERVER, told, PLATFORM)
    config = EntryPoint("config", "platone.cli.config:app", _JOINED)
    yield LazyGroup(config, None, "Show a server's settings and where they come from.", PLATFORM)
    user = EntryPoint("user", "platone.cli.user:app", _JOINED)
    yield LazyGroup(user, Extra.SERVER, "Say who may sign in to a server's pages.", PLATFORM)
    party = EntryPoint("party", "platone.cli.party:app", _JOINED)
    told = "Say which parties are at home on a server."
    yield LazyGroup(party, Extra.SERVER, told, PLATFORM)
    partner = EntryPoint("partner", "platone.cli.partner:app", _JOINED)
    told = "Say which servers of other parties are partners."
    yield LazyGroup(partner, Extra.SERVER, told, PLATFORM)
    kafka = EntryPoint("kafka", "platone.cli.kafka:app", _JOINED)
    told = "Make the topics, rights and certificates of the parties at Kafka."
    yield LazyGroup(kafka, Extra.KAFKA, told, PLATFORM)


def _joined() -> Iterator[LazyGroup]:
    for entry in entry_points(group=_JOINED):
        drives_server = Extra.SERVER if entry.module.startswith("platone.") else None
        yield LazyGroup(entry, drives_server, _first_docstring_line(entry.module), PLATFORM)


def _first_docstring_line(module: str) -> str:
    """Return the first line of a module's docstring, without running the module."""
    found = find_spec(module)
    if found is None or found.origin is None:
        return ""
    docstring = ast.get_docstring(ast.parse(Path(found.origin).read_text("utf-8")))
    return (docstring or "").partition("\n")[0]
