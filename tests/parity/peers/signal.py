"""Peers of correlation, convolution, interpolation."""

OPERATIONS = {}
