"""Experiments: they compile and run to find something out about a chip, a design or a problem."""
