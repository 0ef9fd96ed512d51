"""The classes of equipment that are read, and those that have no effect."""

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
"""What may hold a voltage, those that feed a network first."""
READ = frozenset(
    {*LINES, *SWITCHES, *SHUNTS, *CONSUMERS, *HOLDERS, "PowerTransformer", "GroundDisconnector"}
)
WITHOUT_EFFECT = frozenset(
    {"BusbarSection", "Junction", "Connector", "Ground", "GroundingImpedance", "PetersenCoil"}
)
"""Equipment with terminals that does nothing in a symmetric calculation."""
