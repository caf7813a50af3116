"""Documents a second from a CSV on disk to token ids.

    python benchmarks/preprocessing.py

Each part by itself and all together; the median of ``--rounds`` rounds. No GPU is needed.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from gpu_parts import agnews, documents_and_labels, parser_for, run, written

from recurra.kernels.compiled import kernels_of
from recurra.presets import load_preset
from recurra.text import Labels, TextPipeline
from recurra.text.fields import input_texts
from recurra.text.words_or_characters import choose_tokens, sampled_places


def main() -> None:
    parser = parser_for(__doc__, "preprocessing")
    parser.set_defaults(device="cpu")
    parser.add_argument("--models", default="lesson/bilstm,default")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    kernels_of("token_ids")
    kernels_of("token_table")
    rounds: dict[str, list[dict[str, float]]] = {name: [] for name in options.models.split(",")}
    for _ in range(options.rounds):
        for name, found in rounds.items():
            text, marks = load_preset(name).text, [time.perf_counter()]
            data = agnews(options)
            marks.append(time.perf_counter())
            documents, labels = documents_and_labels(data.train)
            targets = Labels.learn(labels).encode(labels)
            if text.tokens == "auto":
                places = sampled_places(len(documents))
                looked = input_texts([documents[place] for place in places], text)
                text = text.replace(tokens=choose_tokens(looked, targets[places]).tokens)
            pipeline = TextPipeline.learn(documents, text)
            marks.append(time.perf_counter())
            ids = pipeline.encode(documents)
            marks.append(time.perf_counter())
            parts = dict(zip(("read", "vocabulary", "encode"), np.diff(marks).tolist(), strict=True))
            found.append(parts | {"all": marks[-1] - marks[0]})
    result: dict[str, Any] = {"rows": data.rows_phrase, "words": len(ids.values), "presets": {}}
    for name, found in rounds.items():
        seconds = {part: float(np.median([one[part] for one in found])) for part in found[0]}
        # The test table is read, too.
        rows = {part: len(data.train) + (len(data.test) if part == "read" else 0) for part in seconds}
        speeds = {part: rows[part] / taken for part, taken in seconds.items()}
        result["presets"][name] = {"seconds": seconds, "docs_per_second": speeds}
        print(name, result["presets"][name])
    written(result, options)


if __name__ == "__main__":
    run(main)
