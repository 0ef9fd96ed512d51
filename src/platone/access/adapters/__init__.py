"""Links of the access layer to the devices (MQTT) and to the other parties (REST)."""
