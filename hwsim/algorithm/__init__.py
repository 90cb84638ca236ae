"""Algorithms on the chip: controllers that advance the replicas of a Program, read and write them."""
