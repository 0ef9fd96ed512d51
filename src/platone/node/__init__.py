"""Light Node: signs a meter's readings, keeps them until received, and carries out setpoints."""
