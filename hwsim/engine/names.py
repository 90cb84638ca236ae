"""The names of the engines. To import this loads none of them."""

NAMES = ("reference", "lanes", "bitplanes", "dense")
"""Engines, each a module of this folder."""
ENGINES = ("auto", *sorted(NAMES))
"""What a user may ask for."""
