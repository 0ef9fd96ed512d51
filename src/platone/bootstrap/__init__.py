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
    from platone.bootstrap.chain import audit_whole_chain, chain_status
    from platone.bootstrap.consortium import found_consortium, init_member, join_consortium
    from platone.bootstrap.consortium_audit import audit_validator
    from platone.bootstrap.consortium_change import (
        agree_to_change,
        draft_invitation,
        draft_removal,
        draft_upgrade,
        draft_withdrawal,
        hand_over_change,
        tell_change,
        tell_consortium,
    )
    from platone.bootstrap.doctor.examination import examine
    from platone.bootstrap.field import (
        CountingMeter,
        LightNode,
        Showing,
        light_node,
        register_meter,
    )
    from platone.bootstrap.kafka import apply_rights, kafka_certificate, kafka_rights
    from platone.bootstrap.kept_setting import settings_of_folder
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
    from platone.bootstrap.process import (
        RunningServer,
        end_with_input,
        spawn_server,
        spawned_server,
    )
    from platone.bootstrap.proof import verify_file
    from platone.bootstrap.remote_market import RemoteMarket
    from platone.bootstrap.retention import look_at_retention
    from platone.bootstrap.server import run_server
    from platone.bootstrap.tso import simulate_tso
    from platone.bootstrap.validator import ValidatorOrder, run_validator
    from platone.bootstrap.worker import make_worker

__all__ = [
    "CountingMeter",
    "LightNode",
    "RemoteMarket",
    "RunningServer",
    "ServerFailed",
    "Showing",
    "ValidatorOrder",
    "add_partner",
    "add_party",
    "add_person",
    "add_second_factor",
    "agree_to_change",
    "apply_rights",
    "audit_validator",
    "audit_whole_chain",
    "back_up",
    "chain_status",
    "change_password",
    "check_books",
    "clear_file",
    "draft_invitation",
    "draft_removal",
    "draft_upgrade",
    "draft_withdrawal",
    "end_with_input",
    "examine",
    "export_books",
    "export_partner",
    "found_consortium",
    "hand_over_change",
    "init_member",
    "join_consortium",
    "kafka_certificate",
    "kafka_rights",
    "light_node",
    "list_parties",
    "list_partners",
    "list_people",
    "look_at_retention",
    "make_worker",
    "register_meter",
    "remove_partner",
    "remove_party",
    "remove_person",
    "restore",
    "rotate_party",
    "run_aggregator",
    "run_server",
    "run_validator",
    "settings_of_folder",
    "settle_file",
    "simulate_tso",
    "spawn_server",
    "spawned_server",
    "tell_change",
    "tell_consortium",
    "verify_file",
]

_HOMES = {
    "CountingMeter": "field",
    "LightNode": "field",
    "RemoteMarket": "remote_market",
    "RunningServer": "process",
    "ServerFailed": "problem",
    "Showing": "field",
    "ValidatorOrder": "validator",
    "add_partner": "partner",
    "add_party": "parties",
    "add_person": "people",
    "add_second_factor": "people",
    "agree_to_change": "consortium_change",
    "apply_rights": "kafka",
    "audit_validator": "consortium_audit",
    "audit_whole_chain": "chain",
    "back_up": "backup",
    "chain_status": "chain",
    "change_password": "people",
    "check_books": "books",
    "clear_file": "calculation",
    "draft_invitation": "consortium_change",
    "draft_removal": "consortium_change",
    "draft_upgrade": "consortium_change",
    "draft_withdrawal": "consortium_change",
    "end_with_input": "process",
    "examine": "doctor.examination",
    "export_books": "book_export",
    "export_partner": "partner",
    "found_consortium": "consortium",
    "hand_over_change": "consortium_change",
    "init_member": "consortium",
    "join_consortium": "consortium",
    "kafka_certificate": "kafka",
    "kafka_rights": "kafka",
    "light_node": "field",
    "list_parties": "parties",
    "list_partners": "partner",
    "list_people": "people",
    "look_at_retention": "retention",
    "make_worker": "worker",
    "register_meter": "field",
    "remove_partner": "partner",
    "remove_party": "parties",
    "remove_person": "people",
    "restore": "backup",
    "rotate_party": "parties",
    "run_aggregator": "aggregator_server",
    "run_server": "server",
    "run_validator": "validator",
    "settings_of_folder": "kept_setting",
    "settle_file": "calculation",
    "simulate_tso": "tso",
    "spawn_server": "process",
    "spawned_server": "process",
    "tell_change": "consortium_change",
    "tell_consortium": "consortium_change",
    "verify_file": "proof",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
