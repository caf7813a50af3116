"""Kernels for CPUs: cells (``training/``, ``inference/``), Adam, texts to token ids, threads.

Numba compiles them to machine code (:mod:`.compiled`) when they are first needed, and caches it on disk. They release
Python's global interpreter lock.
"""
