"""Topics between devices, the access layer and the DSO; without a device, filters for all."""

ALL = "+"
BENEATH = "#"


def readings(device: str = ALL) -> str:
    """Return the topic of signed readings, device to access layer."""
    return f"bal/nodes/{device}/readings"


def receipts(device: str = ALL) -> str:
    """Return the topic of signed receipts and refusals, access layer to device."""
    return f"bal/nodes/{device}/receipts"


def setpoints(device: str = ALL) -> str:
    """Return the topic of setpoints, DSO to device."""
    return f"bal/nodes/{device}/setpoints"


def acknowledgements(device: str = ALL) -> str:
    """Return the topic of signed acknowledgements of setpoints, device to DSO."""
    return f"bal/nodes/{device}/acknowledgements"


def phasors(device: str = ALL) -> str:
    """Return the topic of phasor measurements, device to access layer and DSO."""
    return f"bal/pmu/{device}"


def shared_with_dso(place: str = BENEATH) -> str:
    """Return the topic of what the access layer shares with the DSO technical platform."""
    return f"platone/dsotp/{place}"


def raw(place: str = BENEATH) -> str:
    """Return the databus's topic of what came from the access layer, unchanged."""
    return f"raw/bal/{place}"


def processed(place: str = BENEATH) -> str:
    """Return the databus's topic of what the DSO's services made of that."""
    return f"processed/bal/{place}"


def device_of(topic: str) -> str:
    """Return the device that one of the topics above belongs to; empty for any other topic."""
    levels = topic.split("/")
    is_node = levels[:2] == ["bal", "nodes"] and len(levels) == 4  # noqa: PLR2004 - the form above
    is_phasor = levels[:2] == ["bal", "pmu"] and len(levels) == 3  # noqa: PLR2004
    return levels[2] if is_node or is_phasor else ""
