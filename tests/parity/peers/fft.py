"""Peers of tensor.fft."""

OPERATIONS = {}
