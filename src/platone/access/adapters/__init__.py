"""The access layer's records, its MQTT side, and the other parties' systems."""
