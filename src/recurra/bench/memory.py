"""Peak memory of a piece of work."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

__all__ = ["forget_peak", "peak_megabytes"]


def forget_peak() -> None:
    """Resets the peak, if the system supports it (Linux)."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def peak_megabytes() -> float | None:
    """The largest resident memory of this process since :func:`forget_peak`, in MB (10⁶ bytes).

    If the system cannot reset the peak it is the largest since the process began; ``None`` if it is not reported.
    """
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e6
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * (1 if sys.platform == "darwin" else 1024) / 1e6
