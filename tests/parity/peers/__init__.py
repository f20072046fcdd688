"""Each operation of nnlua, said with NumPy or PyTorch.

A function gets the arguments of the case as nnlua got them: tensors, numbers,
lists, None where one was left out. Dims and positions count from 1 there.

Deliberate differences, which the functions below make up for:

  positions        count from 1, as everywhere in Lua
  hard_sigmoid     is Keras's 0.2 x + 0.5 clipped, not PyTorch's x / 6 + 0.5
  floor and kin    of whole numbers are these; PyTorch refuses some of them
  dot              is NumPy's, in every rank
  any, all         of uint8 are bool; PyTorch's are uint8
  max, min         take a list of dims too, and then give the values alone
  prod, any, all   take a list of dims; PyTorch takes one
  flatten          of a scalar, and tile, transpose: as NumPy's
"""
import importlib

OPERATIONS = {}
for topic in ("basic", "creation", "sort", "linalg", "fft", "matrix",
              "rearrange", "convolution_nd", "signal", "random"):
    OPERATIONS.update(importlib.import_module("peers." + topic).OPERATIONS)
