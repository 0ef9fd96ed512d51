"""The topics between devices, the access layer and the DSO; without a device, of all of them."""

ALL = "+"
BENEATH = "#"


def readings(device: str = ALL) -> str:
    """Signed readings, device to access layer."""
    return f"bal/nodes/{device}/readings"


def receipts(device: str = ALL) -> str:
    """Signed receipts and refusals, access layer to device."""
    return f"bal/nodes/{device}/receipts"


def setpoints(device: str = ALL) -> str:
    """Setpoints, DSO to device."""
    return f"bal/nodes/{device}/setpoints"


def acknowledgements(device: str = ALL) -> str:
    """Signed acknowledgements of setpoints, device to DSO."""
    return f"bal/nodes/{device}/acknowledgements"


def phasors(device: str = ALL) -> str:
    """Phasor measurements, device to access layer and DSO."""
    return f"bal/pmu/{device}"


def shared_with_dso(place: str = BENEATH) -> str:
    """What the access layer shares with the DSO technical platform."""
    return f"platone/dsotp/{place}"


def raw(place: str = BENEATH) -> str:
    """The DSO's databus: what came from the access layer, as it came."""
    return f"raw/bal/{place}"


def processed(place: str = BENEATH) -> str:
    """The DSO's databus: what its services made of that."""
    return f"processed/bal/{place}"


def device_of(topic: str) -> str:
    """The device that one of the topics above belongs to; empty for any other topic."""
    levels = topic.split("/")
    is_node = levels[:2] == ["bal", "nodes"] and len(levels) == 4  # noqa: PLR2004 - the form above
    is_phasor = levels[:2] == ["bal", "pmu"] and len(levels) == 3  # noqa: PLR2004
    return levels[2] if is_node or is_phasor else ""
