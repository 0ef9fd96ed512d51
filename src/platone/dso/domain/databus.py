"""The databus where it is topics of Kafka: their names, and the groups that read them.

A message's place, the levels below `raw/bal/` or `processed/bal/` of the same databus over MQTT,
is its key: Kafka has no topic for each device.
"""

RAW = "raw.bal"
"""The topic of messages as they came: `raw/bal/#` over MQTT."""
PROCESSED = "processed.bal"
"""The topic of messages that the DSO's services made of them: `processed/bal/#`."""
CALCULATION = "calculation"
"""End of the name of the group that calculates power of what came."""
BRIDGE = "bridge"
"""End of the name of the group that passes messages on to the broker of devices."""
