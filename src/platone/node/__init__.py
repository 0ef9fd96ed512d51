"""Light Node: signs a meter's readings, keeps them until they are received, obeys setpoints."""
