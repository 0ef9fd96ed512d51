"""The interface of the whole server in OpenAPI: its parts, and the problems of each route."""

import tomllib
from importlib import resources

TAGS = [
    {"name": "identity", "description": "Identity: tokens and certificates"},
    {"name": "clock", "description": "The server's clock"},
    {"name": "customers", "description": "Shared Customer Database"},
    {"name": "market", "description": "Market"},
    {"name": "dso", "description": "DSO Technical Platform"},
    {"name": "aggregator", "description": "Aggregator Platform"},
    {"name": "access", "description": "Access layer: Light Nodes"},
    {"name": "certification", "description": "Certification"},
    {"name": "contracts", "description": "Contracts: wallets, agreements, payments, nodes"},
    {"name": "books", "description": "Books: accounts, statements, invoices"},
    {"name": "chain", "description": "The chain"},
    {"name": "health", "description": "Health of the server"},
    {"name": "documentation", "description": "Documentation"},
]
"""The parts of the interface, as routes name them, with their titles, in the reader's order."""


def route_problems() -> dict[str, list[str]]:
    """Return the problems that each route answers, besides those that all answer."""
    file = resources.files("platone.bootstrap").joinpath("route_problem.toml")
    return tomllib.loads(file.read_text("utf-8"))
