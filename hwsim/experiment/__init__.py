"""Experiments: what compiles and runs to find something out about a chip, a design or a problem."""
