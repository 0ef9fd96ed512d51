"""The one place that knows adapters: it puts contexts together and hands them to the edges."""

from platone.bootstrap.calculation import Calculation, clear_file, settle_file
from platone.bootstrap.field import LightNode, light_node
from platone.bootstrap.process import RunningServer, spawn_server, spawned_server
from platone.bootstrap.proof import verify_file
from platone.bootstrap.server import ServerFailed, run_server

__all__ = [
    "Calculation",
    "LightNode",
    "RunningServer",
    "ServerFailed",
    "clear_file",
    "light_node",
    "run_server",
    "settle_file",
    "spawn_server",
    "spawned_server",
    "verify_file",
]
