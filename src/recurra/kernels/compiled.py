"""The kernels of a cell, compiled once a machine.

Every cell's module has two functions of plain integers: addresses of float32 arrays without gaps, and sizes. All sizes
are multiples of 8 (the engine pads with zeros, which stay zero). Documents stand by falling length; a call computes
those from ``first`` to ``last``, so that several threads can share a batch: they write different rows, and only
``sums`` needs a row of its own for each.

``forward(first, last, steps, starts, reverse, size, gates, W_H, b_H, hidden, cell, extra, h0, c0)``
    starts: int64[T + 1], the first row of each step; reverse: 1 to read from the last step to the first; gates
    [N, G·H]: the drive, replaced by the gates' activations; W_H [H, G·H]; b_H [G·H]; hidden, cell [N, H]: the states,
    written; extra: what else the gradient needs, written; h0, c0 [B, H]: initial states.
``backward(first, last, steps, starts, reverse, size, gates, W_T, hidden, cell, extra, h0, c0, outer, outer_row,
carry_h, carry_c, d_drive, second, earlier, sums)``
    W_T [G·H, H]: W_H transposed; outer [N, H] with outer_row bytes a row: the loss's gradient of the hidden states;
    carry_h, carry_c [B, H]: zero before, the gradient of the initial states afterwards; d_drive [N, G·H]: written;
    second: scratch of some cells; earlier [N, H]: the hidden state before each token, written; sums: zero before, the
    sum of d_drive over the rows afterwards.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numba
from llvmlite import binding
from numba import int64, njit, void

__all__ = ["Kernels", "kernels_of"]

_LOCK = threading.Lock()


class Kernels(NamedTuple):
    """The two compiled functions of a cell; both let other Python threads run."""

    forward: Callable[..., None]
    backward: Callable[..., None]


@functools.cache
def kernels_of(cell: str) -> Kernels:
    """The kernels of a cell, from the cache or compiled, which takes seconds and says so.

    Args:
        cell: its name, which is that of a module beside this one.
    """
    module = importlib.import_module(f"{__package__}.{cell}")
    # Numba keeps the folder of its cache in one place for the whole program.
    with _LOCK:
        folder = _cache_folder()
        before, numba.config.CACHE_DIR = numba.config.CACHE_DIR, folder or ""
        started = time.perf_counter()
        try:
            made = [_compiled(function, cached=folder is not None) for function in (module.forward, module.backward)]
        finally:
            numba.config.CACHE_DIR = before
    if not all(one.stats.cache_hits for one in made):
        kept = "" if folder else "; no folder to keep them in is writable, set XDG_CACHE_HOME to one"
        seconds = time.perf_counter() - started
        print(f"Compiled the {cell} kernels in {seconds:.1f} s{kept}.", file=sys.stderr)
    return Kernels(*made)


def _compiled(function: Callable[..., None], *, cached: bool) -> Any:
    signature = void(*[int64] * function.__code__.co_argcount)
    # Without fast-math: sums keep their order, so every run, batch and number of threads gives the same bits.
    return njit(signature, nogil=True, cache=cached)(function)


def _cache_folder() -> str | None:
    """A folder for these sources, this Numba and this processor; ``None`` where nothing can be written.

    Numba looks only at the file of the function it compiles, and would take an old kernel after a change of one that
    it calls; with a folder of their own for all sources together that cannot happen.
    """
    digest = hashlib.sha256(f"{numba.__version__} {binding.get_host_cpu_name()}".encode())
    digest.update(binding.get_host_cpu_features().flatten().encode())
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    try:
        root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        folder = Path(root) / "recurra" / "kernels" / digest.hexdigest()[:16]
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except (OSError, RuntimeError):
        # RuntimeError: there is no home.
        return None
    return str(folder)
