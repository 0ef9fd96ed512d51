"""Files of a Light Node and its way out over MQTT."""
