"""The one place that knows adapters: it puts contexts together and hands them to the edges.

Names are imported when they are first used: `platone verify` needs no server, and should not
wait for one to be imported.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from platone.bootstrap.aggregator_server import run_aggregator
    from platone.bootstrap.backup import back_up, restore
    from platone.bootstrap.book_export import export_books
    from platone.bootstrap.books import check_books
    from platone.bootstrap.calculation import clear_file, settle_file
    from platone.bootstrap.doctor.examination import examine
    from platone.bootstrap.field import (
        CountingMeter,
        LightNode,
        Showing,
        light_node,
        register_meter,
    )
    from platone.bootstrap.parties import add_party, list_parties, remove_party, rotate_party
    from platone.bootstrap.partner import (
        add_partner,
        export_partner,
        list_partners,
        remove_partner,
    )
    from platone.bootstrap.people import (
        add_person,
        add_second_factor,
        change_password,
        list_people,
        remove_person,
    )
    from platone.bootstrap.problem import ServerFailed
    from platone.bootstrap.process import RunningServer, spawn_server, spawned_server
    from platone.bootstrap.proof import verify_file
    from platone.bootstrap.remote_market import RemoteMarket
    from platone.bootstrap.server import run_server
    from platone.bootstrap.tso import simulate_tso

__all__ = [
    "CountingMeter",
    "LightNode",
    "RemoteMarket",
    "RunningServer",
    "ServerFailed",
    "Showing",
    "add_partner",
    "add_party",
    "add_person",
    "add_second_factor",
    "back_up",
    "change_password",
    "check_books",
    "clear_file",
    "examine",
    "export_books",
    "export_partner",
    "light_node",
    "list_parties",
    "list_partners",
    "list_people",
    "register_meter",
    "remove_partner",
    "remove_party",
    "remove_person",
    "restore",
    "rotate_party",
    "run_aggregator",
    "run_server",
    "settle_file",
    "simulate_tso",
    "spawn_server",
    "spawned_server",
    "verify_file",
]

_HOMES = {
    "CountingMeter": "field",
    "LightNode": "field",
    "RemoteMarket": "remote_market",
    "RunningServer": "process",
    "ServerFailed": "problem",
    "Showing": "field",
    "add_partner": "partner",
    "add_party": "parties",
    "add_person": "people",
    "add_second_factor": "people",
    "back_up": "backup",
    "change_password": "people",
    "check_books": "books",
    "clear_file": "calculation",
    "examine": "doctor.examination",
    "export_books": "book_export",
    "export_partner": "partner",
    "light_node": "field",
    "list_parties": "parties",
    "list_partners": "partner",
    "list_people": "people",
    "register_meter": "field",
    "remove_partner": "partner",
    "remove_party": "parties",
    "remove_person": "people",
    "restore": "backup",
    "rotate_party": "parties",
    "run_aggregator": "aggregator_server",
    "run_server": "server",
    "settle_file": "calculation",
    "simulate_tso": "tso",
    "spawn_server": "process",
    "spawned_server": "process",
    "verify_file": "proof",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
