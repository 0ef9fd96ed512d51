"""The packaged table of rights: who sees which data, and for what."""

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from platone.messages.base import Role

COLUMNS: Mapping[str, tuple[Role, str]] = {
    "MO": (Role.MARKET_OPERATOR, "market operator"),
    "DSO": (Role.SYSTEM_OPERATOR, "system operator of the market's own grid (DSO)"),
    "TSO": (Role.SYSTEM_OPERATOR, "system operator of the transmission grid (TSO)"),
    "aggregator": (Role.FLEXIBILITY_SERVICE_PROVIDER, "aggregator"),
    "customer": (Role.CUSTOMER, "customer"),
    "auditor": (Role.AUDITOR, "auditor"),
    "MDA": (Role.METERED_DATA_ADMINISTRATOR, "metered data administrator"),
    "DPO": (Role.DATA_PROTECTION_OFFICER, "data protection officer"),
}
"""The columns of the table, each with its role and what it is called."""


@dataclass(frozen=True, slots=True)
class DataRight:
    """A kind of data, and for what each role sees it.

    Attributes:
        name: The kind of data.
        what: What belongs to it; empty where its name says it.
        purposes: The purposes by column; a column that is missing has no route to the data.
    """

    name: str
    what: str
    purposes: Mapping[str, str]


@cache
def data_rights() -> tuple[DataRight, ...]:
    """Return the table of rights, a line for each kind of data."""
    text = files("platone.dashboard").joinpath("right.toml").read_text("utf-8")
    return tuple(
        DataRight(
            each["name"],
            each.get("what", ""),
            {column: each[column] for column in COLUMNS if column in each},
        )
        for each in tomllib.loads(text)["data"]
    )


def columns_of(roles: Collection[Role]) -> list[str]:
    """Return the columns of the table that are about roles."""
    return [column for column, (role, _) in COLUMNS.items() if role in roles]


def purpose_of(column: str, right: DataRight) -> str | None:
    """Return for what a column's role sees a kind of data; none where it does not."""
    return right.purposes.get(column)


def readers_in_words(told: Mapping[str, str]) -> list[str]:
    """Return who but a household itself may read its data, and for what, in its language.

    Args:
        told: The sentences of the language.
    """
    readers = [column for column in COLUMNS if column != "customer"]
    return [told[f"readers_{column}"] for column in readers]
