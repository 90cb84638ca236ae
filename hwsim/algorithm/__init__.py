"""Algorithms on the chip: controllers that advance a Program's replicas, read them, and write them."""
