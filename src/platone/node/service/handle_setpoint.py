"""Setpoints: each goes to the energy management system once, and its answer is signed."""

import msgspec

from platone.kernel.clock import Clock
from platone.kernel.signature import SigningKey
from platone.messages.metering import SetpointCommand
from platone.node.domain.message import SetpointRefused, acknowledge, check_setpoint
from platone.node.records import Journal
from platone.node.service.ports import EnergyManagement


class SetpointHandler:
    """Carries out setpoints, each identifier once.

    Args:
        journal: Remembers setpoints and their acknowledgements.
        ems: The customer's energy management system.
        key: The node's signing key.
        pod_id: The point of delivery that the node stands at.
        clock: Tells which setpoints are over.
    """

    def __init__(
        self, journal: Journal, ems: EnergyManagement, key: SigningKey, pod_id: str, clock: Clock
    ) -> None:
        self._journal = journal
        self._ems = ems
        self._key = key
        self._pod_id = pod_id
        self._clock = clock

    async def handle(self, raw: bytes) -> bytes | None:
        """Carry out a setpoint as it came over the wire.

        Returns:
            The signed acknowledgement: the same one whenever the setpoint comes again. None if
            it cannot be read, or contradicts an earlier one of the same identifier.
        """
        try:
            command = msgspec.json.decode(raw, type=SetpointCommand)
            known = await self._journal.remember(command)
        except (msgspec.DecodeError, UnicodeDecodeError, SetpointRefused):
            return None
        return known or await self._carry_out(command)

    async def catch_up(self) -> list[bytes]:
        """Carry out the setpoints that a stop left, and return the signed acknowledgements."""
        return [await self._carry_out(it) for it in await self._journal.open_setpoints()]

    async def _carry_out(self, command: SetpointCommand) -> bytes:
        refusal: str | None = None
        try:
            check_setpoint(command, self._key.address, self._pod_id, self._clock.now())
            await self._ems.apply(command)
        except SetpointRefused as refused:
            refusal = refused.detail
        signed = acknowledge(self._key, command, refusal, self._clock.now())
        await self._journal.answer(command.setpoint_id, signed)
        return signed
