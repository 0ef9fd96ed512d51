"""What the DSO platform reaches out to: power-grid-model, SQL, other parties, MQTT."""
