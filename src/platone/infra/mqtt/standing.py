"""The standing of devices at the broker: the enrolled may connect, the revoked may not."""

from collections.abc import Callable, Iterable

from platone.infra.mqtt.acl import is_device, is_service, services


class Standing:
    """The devices whose enrolment stands, as whoever enrols them tells it.

    A certificate lives for a year and says only whose key it is. The broker asks here at each
    connection and each packet, and is told at once when a device stands no longer.

    Args:
        devices: The devices that stand; None where they are not known yet.
    """

    def __init__(self, devices: Iterable[str] | None = None) -> None:
        self._devices = None if devices is None else set(devices)
        self._ended_services: frozenset[str] = frozenset()
        self._at_end: list[Callable[[str], None]] = []
        self._at_change: list[Callable[[], None]] = []

    def begin(self, devices: Iterable[str]) -> None:
        """Set the devices that stand, at the start."""
        self._devices = set(devices)
        self._tell_change()

    def admit(self, device: str) -> None:
        """Let a device use the broker, from now on."""
        self._devices = (self._devices or set()) | {device}
        self._tell_change()

    def withdraw(self, device: str) -> None:
        """Let a device use the broker no longer, and have it hung up on."""
        self._devices = (self._devices or set()) - {device}
        for tell in self._at_end:
            tell(device)
        self._tell_change()

    def end_services(self, ended: Iterable[str]) -> None:
        """Let some services use the broker no longer, and all others again.

        Args:
            ended: Their names; those that could use it until now are hung up on.
        """
        before, self._ended_services = self._ended_services, frozenset(ended)
        for name in sorted(self._ended_services - before):
            for tell in self._at_end:
                tell(name)
        if before != self._ended_services:
            self._tell_change()

    def at_end(self, tell: Callable[[str], None]) -> None:
        """Call a function with each device or service that stands no longer."""
        self._at_end.append(tell)

    def at_change(self, tell: Callable[[], None]) -> None:
        """Call a function whenever others stand than before."""
        self._at_change.append(tell)

    def _tell_change(self) -> None:
        for tell in self._at_change:
            tell()

    @property
    def names(self) -> list[str]:
        """Return the services and the devices that stand, as far as they are known."""
        return [*filter(self.holds, services()), *filter(is_device, sorted(self._devices or ()))]

    @property
    def is_known(self) -> bool:
        """Return whether the devices that stand are known already."""
        return self._devices is not None

    def holds(self, identity: str) -> bool:
        """Return whether an identity may use the broker: one of our services, or such a device."""
        if is_device(identity):
            return self._devices is not None and identity in self._devices
        return is_service(identity) and identity not in self._ended_services
