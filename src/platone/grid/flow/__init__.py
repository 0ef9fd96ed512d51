"""The AC power flow, balanced and by phase: states, limits, alarms and sensitivities."""
