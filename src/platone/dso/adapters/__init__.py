"""Links of the DSO platform to other parties (REST), to the nodes and to the databus (MQTT)."""
