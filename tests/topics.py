"""Documents that mix topics: their labels are known by how they are made, and so are the best answers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

TOPICS = ("art", "law", "music", "sea", "trade")
# Words of its own for each topic, and words of none.
OWN, COMMON, WORDS = 6, 20, 9


def topic_rows(count: int, *, seed: int = 0) -> tuple[list[str], list[tuple[str, ...]]]:
    """So many texts and their topics, from none to four: each topic is drawn by itself, rare ones less often.

    A text has two words of each of its topics among common words.
    """
    generator = np.random.default_rng(seed)
    shares = np.array([0.4, 0.3, 0.25, 0.2, 0.12])
    had: npt.NDArray[np.bool_] = generator.random((count, len(TOPICS))) < shares
    texts, labels = [], []
    for row in had:
        words = [f"common{place}" for place in generator.integers(0, COMMON, WORDS)]
        for topic in np.flatnonzero(row):
            words += [f"{TOPICS[topic]}{place}" for place in generator.integers(0, OWN, 2)]
        generator.shuffle(words)
        texts.append(" ".join(words))
        labels.append(tuple(TOPICS[topic] for topic in np.flatnonzero(row)))
    return texts, labels
