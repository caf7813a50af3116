"""Compiles kernels with Numba, once per machine, and loads them from the cache afterwards."""

from __future__ import annotations

import functools
import hashlib
import importlib
import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FunctionType, SimpleNamespace
from typing import Any

import numba
from llvmlite import binding
from numba import float32, float64, int32, int64, njit, types, uint8, uint16, void
from numba.core.ccallback import CFunc

from recurra.kernels.cache import KernelCache

__all__ = ["addresses_of", "kernels_of"]

_LOCK = threading.Lock()
_log = logging.getLogger("recurra.kernels")

# What a kernel's parameters may be annotated with: a number, or a contiguous array. ``Read`` arrays may be read-only:
# memory of bytes or of a mapped file.
_TYPES = {
    "int": int64,
    "float": float64,
    "ReadUInt8Array": types.Array(uint8, 1, "C", readonly=True),
    "UInt8Array": uint8[::1],
    "Int32Array": int32[::1],
    "ReadInt32Array": types.Array(int32, 1, "C", readonly=True),
    "ReadUInt16Array": types.Array(uint16, 1, "C", readonly=True),
    "Int64Array": int64[::1],
    "ReadInt64Array": types.Array(int64, 1, "C", readonly=True),
    "Float32Array": float32[::1],
    "Float32Matrix": float32[:, ::1],
    "Float64Matrix": float64[:, ::1],
    "Int64Matrix": int64[:, ::1],
}


@functools.cache
def kernels_of(name: str) -> SimpleNamespace:
    """The compiled kernels of a module, from the cache or compiled now, which takes seconds and prints a line.

    Args:
        name: a module of this package, such as ``inference.lstm``; its kernels are the functions in ``__all__``.

    Returns:
        The kernels, under their names. They return nothing and release the global interpreter lock.
    """
    return _load(name, _compile)


@functools.cache
def addresses_of(name: str) -> SimpleNamespace:
    """The addresses of a module's kernels, which :mod:`recurra.kernels.job_list` calls: C functions of 64-bit integers.

    Args:
        name: a module of this package, such as ``training.lstm``.

    Returns:
        Addresses, under the kernels' names.
    """
    made = _load(name, _compile_for_c)
    # The functions are kept with their addresses: without them, their code is freed.
    addresses = {kernel: function.address for kernel, function in vars(made).items()}
    return SimpleNamespace(**addresses, functions=made)


def _load(name: str, compile_kernel: Callable[..., Any]) -> SimpleNamespace:
    module = importlib.import_module(f"recurra.kernels.{name}")
    # Numba has one setting of its cache folder for the whole program.
    with _LOCK:
        folder = _cache_folder()
        before, numba.config.CACHE_DIR = numba.config.CACHE_DIR, folder or ""
        started = time.perf_counter()
        try:
            functions = {one: getattr(module, one) for one in module.__all__}
            caches = {one: KernelCache(function) if folder else None for one, function in functions.items()}
            made = {one: compile_kernel(function, caches[one]) for one, function in functions.items()}
        finally:
            numba.config.CACHE_DIR = before
    if not all(_was_cached(one) for one in made.values()):
        _report(name, list(caches.values()), time.perf_counter() - started)
    return SimpleNamespace(**made)


def _report(name: str, caches: Sequence[KernelCache | None], seconds: float) -> None:
    kept = [cache for cache in caches if cache is not None]
    again = " again, because the cached ones were damaged," if any(cache.damaged for cache in kept) else ""
    reason = next((f"; they cannot be kept: {cache.write_error}" for cache in kept if cache.write_error), "")
    if not kept:
        reason = "; no folder to keep them in is writable, set XDG_CACHE_HOME to one"
    # A warning, which is printed on standard error unless somebody turns this logger down.
    _log.warning("Compiled the %s kernels%s in %.1f s%s.", name, again, seconds, reason)


def _was_cached(function: Any) -> bool:
    return bool(function.cache_hits if hasattr(function, "cache_hits") else function.stats.cache_hits)


def _compile(function: FunctionType, cache: KernelCache | None) -> Any:
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    signature = void(*[_TYPES[function.__annotations__[name]] for name in names])
    # Without fast-math: sums keep their order, so every run, batch and number of threads gives the same bits. NumPy's
    # rules for division need no check of every divisor, which would keep loops from being vectorised.
    kernel = njit(nogil=True, error_model="numpy")(function)
    if cache is not None:
        kernel._cache = cache
    kernel.compile(signature)
    kernel.disable_compile()
    return kernel


def _compile_for_c(function: FunctionType, cache: KernelCache | None) -> Any:
    arguments = (int64,) * function.__code__.co_argcount
    kernel: Any = CFunc(function, (arguments, void), locals={}, options={"error_model": "numpy"})
    if cache is not None:
        kernel._cache = cache
    kernel.compile()
    return kernel


@functools.cache
def _digest(package: str) -> str:
    """The digest of the sources of all kernels together, this Numba and this processor.

    Numba looks only at the file of the function it compiles, and would use an outdated kernel after a change of a
    function that it calls; a folder per version of all sources together avoids that.
    """
    digest = hashlib.sha256(f"{numba.__version__} {binding.get_host_cpu_name()}".encode())
    digest.update(binding.get_host_cpu_features().flatten().encode())
    for source in sorted(Path(package).rglob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


def _cache_folder() -> str | None:
    """A folder for the compiled kernels of :func:`_digest`; ``None`` where there is none and none can be made.

    It may be one that can only be read: kernels that were compiled when a container's image was built, say.
    """
    try:
        root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        folder = Path(root) / "recurra" / "kernels" / _digest(str(Path(__file__).parent))
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):
        # RuntimeError: there is no home.
        return None
    return str(folder)
