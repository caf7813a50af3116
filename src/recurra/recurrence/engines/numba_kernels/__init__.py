"""The recurrences as Numba kernels, a file a cell. Only :mod:`.compiled` imports the others, when a layer first runs."""
