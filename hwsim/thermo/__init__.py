"""thermo: networks of continuous cells that fluctuate in time, and their computations."""
