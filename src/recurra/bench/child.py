"""A process that loads a model, predicts one document and then many: ``python -m recurra.bench.child MODEL``.

Documents are lines of JSON on standard input. It prints a line after the first prediction and, after all others, its
peak memory in MB above that of its imports, or null.
"""

from __future__ import annotations

import json
import sys

from recurra.bench.memory import forget_peak, peak_megabytes
from recurra.runtime import load

if __name__ == "__main__":
    forget_peak()
    imported = peak_megabytes()
    model = load(sys.argv[1])

    def document(line: str) -> str | tuple[str, str]:
        """A text, or a (title, text) pair, which is a list in JSON."""
        given = json.loads(line)
        return given if isinstance(given, str) else tuple(given)

    model.predict([document(sys.stdin.readline())])
    print("answered", flush=True)
    model.predict([document(line) for line in sys.stdin])
    peak = peak_megabytes()
    print(json.dumps(None if peak is None or imported is None else peak - imported), flush=True)
