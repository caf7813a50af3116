"""fastText on rows from standard input, in the peers' environment: it imports nothing of Recurra.

Standard input: JSON with train and test (texts), labels (of train) and options (of ``train_supervised``).
Standard output: JSON with the labels that are predicted for test and the processor seconds of training.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

import fasttext


def main() -> None:
    job = json.load(sys.stdin)
    classes = sorted(set(job["labels"]))
    numbers = {label: place for place, label in enumerate(classes)}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "train.txt"
        rows = zip(job["labels"], job["train"], strict=True)
        path.write_text("".join(f"__label__{numbers[label]} {_line(text)}\n" for label, text in rows), encoding="utf-8")
        began = time.process_time()
        model = fasttext.train_supervised(str(path), verbose=0, thread=2, **job["options"])
        seconds = time.process_time() - began
    found, _ = model.predict([_line(text) for text in job["test"]])
    # A text without any known word has no label.
    labels = [classes[int(one[0].removeprefix("__label__"))] if len(one) else None for one in found]
    json.dump({"labels": labels, "seconds": seconds}, sys.stdout)


def _line(text: str) -> str:
    return " ".join(text.split())


if __name__ == "__main__":
    main()
