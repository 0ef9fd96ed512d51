"""The one place that knows adapters: it puts contexts together and hands them to the edges.

Names are imported when they are first used: `platone verify` needs no server, and should not
wait for one to be imported.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from platone.bootstrap.calculation import clear_file, settle_file
    from platone.bootstrap.consumption import forecast_file, phasor_file, profile_file
    from platone.bootstrap.drawing import (
        convert_file,
        estimate_picture_file,
        heat_map_file,
        picture_file,
    )
    from platone.bootstrap.estimation import estimate_file
    from platone.bootstrap.field import LightNode, light_node
    from platone.bootstrap.grid import (
        Effort,
        GridStates,
        associate_file,
        power_flow_file,
        request_file,
        validate_file,
    )
    from platone.bootstrap.problem import ServerFailed
    from platone.bootstrap.process import RunningServer, spawn_server, spawned_server
    from platone.bootstrap.proof import verify_file
    from platone.bootstrap.server import run_server

__all__ = [
    "Effort",
    "GridStates",
    "LightNode",
    "RunningServer",
    "ServerFailed",
    "associate_file",
    "clear_file",
    "convert_file",
    "estimate_file",
    "estimate_picture_file",
    "forecast_file",
    "heat_map_file",
    "light_node",
    "phasor_file",
    "picture_file",
    "power_flow_file",
    "profile_file",
    "request_file",
    "run_server",
    "settle_file",
    "spawn_server",
    "spawned_server",
    "validate_file",
    "verify_file",
]

_HOMES = {
    "Effort": "grid",
    "GridStates": "grid",
    "LightNode": "field",
    "RunningServer": "process",
    "ServerFailed": "problem",
    "associate_file": "grid",
    "clear_file": "calculation",
    "convert_file": "drawing",
    "estimate_file": "estimation",
    "estimate_picture_file": "drawing",
    "forecast_file": "consumption",
    "heat_map_file": "drawing",
    "light_node": "field",
    "phasor_file": "consumption",
    "picture_file": "drawing",
    "power_flow_file": "grid",
    "profile_file": "consumption",
    "request_file": "grid",
    "run_server": "server",
    "settle_file": "calculation",
    "spawn_server": "process",
    "spawned_server": "process",
    "validate_file": "grid",
    "verify_file": "proof",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
