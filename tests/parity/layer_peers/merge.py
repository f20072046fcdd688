"""See ../layers.py."""

LAYERS = {}
