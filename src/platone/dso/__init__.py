"""DSO technical platform: network, power flow, flexibility requests, technical validation."""
