"""The recurrences as Numba kernels, a file a cell. :mod:`.compiled` imports the others when a layer first runs."""
