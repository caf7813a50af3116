"""The peak of a process's memory."""

from __future__ import annotations

import subprocess
import sys


def test_the_peak_of_memory_counts_what_was_used_since() -> None:
    # In a process of its own: not every system can forget what other tests have used.
    code = (
        "import numpy; from recurra.bench.memory import forget_peak, peak_megabytes\n"
        "forget_peak(); before = peak_megabytes()\n"
        "block = numpy.ones(12_500_000); after = peak_megabytes()\n"  # 100 MB
        "print(block.sum(), after - before)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    total, grown = map(float, ran.stdout.split())
    assert total == 12_500_000
    assert grown > 60
