"""The tracing of a server's process, as its settings say."""

import importlib.util
from typing import TYPE_CHECKING

from platone import __version__
from platone.bootstrap.problem import ServerFailed
from platone.infra.trace.step import trace_by
from platone.kernel.extra import Extra
from platone.settings import Settings

if TYPE_CHECKING:
    from platone.infra.trace.open_telemetry import OpenTelemetry


class ServerTracing:
    """Tells spans from its start to its stop, where that is chosen.

    Args:
        settings: What was chosen.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._told: OpenTelemetry | None = None

    def start(self) -> None:
        """Begin to tell spans.

        Raises:
            ServerFailed: What tells them is not installed.
        """
        endpoint = self._settings.trace_endpoint
        if not endpoint:
            return
        if importlib.util.find_spec("opentelemetry.sdk") is None:
            raise ServerFailed(Extra.TRACE.is_missing_for("the setting trace_endpoint"))
        from platone.infra.trace.open_telemetry import OpenTelemetry  # noqa: PLC0415 - an extra

        self._told = OpenTelemetry(endpoint, self._settings.name, __version__)
        trace_by(self._told)

    async def stop(self) -> None:
        """Tell no more, and send what is told."""
        if self._told is not None:
            trace_by(None)
            await self._told.stop()
            self._told = None
