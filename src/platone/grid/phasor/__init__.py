"""Power from phasors of voltage and current, as phasor measurement units send them."""
