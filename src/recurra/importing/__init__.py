"""Models of other programs as model files of Recurra; nothing of a file is executed or unpacked to disk.

:func:`recurra.importing.model.import_model` does the whole. Nothing is imported here: the process that reads HDF5
(:mod:`recurra.importing.hdf5_process`) starts with this package.
"""
