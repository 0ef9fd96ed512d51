"""The classes of equipment by what they become, and those that have no effect."""

LINES = ("ACLineSegment", "SeriesCompensator", "EquivalentBranch")
SWITCHES = (
    "Breaker",
    "Disconnector",
    "LoadBreakSwitch",
    "Switch",
    "ProtectedSwitch",
    "DisconnectingCircuitBreaker",
    "Fuse",
    "Jumper",
    "Cut",
    "Recloser",
    "Sectionaliser",
)
SHUNTS = ("LinearShuntCompensator", "NonlinearShuntCompensator", "EquivalentShunt")
CONSUMERS = (
    "EnergyConsumer",
    "ConformLoad",
    "NonConformLoad",
    "StationSupply",
    "AsynchronousMachine",
)
HOLDERS = (
    "ExternalNetworkInjection",
    "EnergySource",
    "SynchronousMachine",
    "EquivalentInjection",
    "PowerElectronicsConnection",
    "StaticVarCompensator",
    "VsConverter",
    "CsConverter",
)
"""Classes that may hold a voltage, those that feed a network first."""
TRANSFORMERS = ("PowerTransformer",)
GROUND_DISCONNECTORS = ("GroundDisconnector",)
WITHOUT_EFFECT = frozenset(
    {"BusbarSection", "Junction", "Connector", "Ground", "GroundingImpedance", "PetersenCoil"}
)
"""Classes with terminals that do nothing in a symmetric calculation."""
