"""What ``TextClassifier`` warns of before it learns or predicts: texts and labels that may be a mistake."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from recurra.bundle import Bundle
from recurra.checking.doubtful_labels import is_placeholder
from recurra.checking.labels import spelling_note
from recurra.data.documents import Document
from recurra.data.label_format import nearly_one_a_row
from recurra.presets import load_preset
from recurra.tasks.multi_label_detection import detect_multi_label, split_call
from recurra.tasks.written_lists import written_lists

__all__ = [
    "empty_texts_note",
    "label_notes",
    "lost_classes_note",
    "missing_texts_note",
    "one_label_note",
    "other_preset_note",
    "telling_titles_note",
    "token_pairs_note",
]

# The preset of a classifier that names none.
DEFAULT = "default"
# What str() and NumPy's arrays of texts make of a value that is missing.
MISSING_AS_TEXT = ("nan", "None", "<NA>", "NaT")
# The share of the texts from which on empty ones are many.
MANY_EMPTY = 0.1
# Rows from which on it is no chance that each title has one label, and rows for each title.
FEWEST_ROWS, ROWS_A_TITLE = 100, 5
# Classes that a note names.
SHOWN = 3
# A title or a text is longer than this somewhere, also where words stand without space between them.
LONGEST_TOKEN = 40


def label_notes(labels: Sequence[Any], initial: Bundle | None) -> Iterator[str]:
    """Notes on labels to learn from.

    Args:
        labels: B labels, or tuples of labels.
        initial: the model to continue from; nothing is said of its classes.
    """
    lists = any(isinstance(label, tuple) for label in labels)
    each = (one for label in labels for one in (label if isinstance(label, tuple) else (label,)))
    counts = Counter(str(one) for one in each if isinstance(one, str))
    names = sorted(counts)
    written = None if lists else written_lists(names)
    if written is not None:
        yield (
            f"y holds lists written as text, such as {written.value!r:.60}, and each such text is learned as a "
            f"class of its own: give lists, such as {written.call}"
        )
        return
    joined = None if lists else detect_multi_label(names, [counts[name] for name in names])
    if joined is not None:
        yield (
            f"y looks like several labels a row, such as {joined.example!r:.60}, and each such text is learned as "
            f"a class of its own: give lists, such as {split_call(names, str(joined.separator))}"
        )
    if not lists and nearly_one_a_row(len(counts), len(labels)):
        yield (
            f"y has {len(counts):,} distinct labels in {len(labels):,} rows: are texts and labels swapped? "
            "Write fit(texts, labels)."
        )
        # Texts have no spelling of classes.
        return
    known = [] if initial is None else [name for name in initial.labels.classes if isinstance(name, str)]
    new = {name: rows for name, rows in counts.items() if name not in known}
    if texts := {name: rows for name, rows in new.items() if name in MISSING_AS_TEXT}:
        yield f"{_classes(texts)}: a missing label that became text? Leave such rows out of X and y."
    if others := {name: rows for name, rows in new.items() if name not in texts and is_placeholder(name)}:
        yield f"{_classes(others)}: does it stand for a missing label? Leave such rows out of X and y."
    if spelled := spelling_note(counts, known, in_python=True):
        yield spelled


def other_preset_note(model: str | Path, initial: Bundle) -> str:
    """What is said where a preset is named, and training continues from a model of another, whose settings hold.

    Args:
        model: name or path of the preset.
        initial: the model to continue from.
    """
    if str(model) == DEFAULT or load_preset(model).name == initial.record.get("preset"):
        return ""
    return (
        f"the preset {str(model)!r:.60} is not used: fit continues from initial with the settings of that model, and "
        "others than these stand in options"
    )


def missing_texts_note(documents: Sequence[Document]) -> str:
    """What is said where texts are what ``str`` makes of a missing value; else empty.

    Args:
        documents: texts, or pairs.
    """
    counts = Counter(one for one in documents if isinstance(one, str) and one in MISSING_AS_TEXT)
    # One alone may be a text.
    found = [(text, rows) for text, rows in counts.items() if rows > 1]
    if not found:
        return ""
    named = ", ".join(f"{rows:,} texts are {text!r}" for text, rows in found)
    return f"{named}: missing texts that became text? Leave such rows out of X and y."


def telling_titles_note(documents: Sequence[Document], labels: Sequence[Any], column: str) -> str:
    """What is said where few titles, each of them in many rows, tell every row's label; else empty.

    Args:
        documents: pairs whose titles were guessed.
        labels: of each.
        column: the titles'.
    """
    titles: dict[str, Any] = {}
    for document, label in zip(documents, labels, strict=True):
        if not isinstance(document, tuple) or titles.setdefault(document[0], label) != label:
            return ""
    if len(documents) < max(FEWEST_ROWS, ROWS_A_TITLE * len(titles)):
        return ""
    return (
        f"the column {column!r:.60}, which is read as titles, tells every label: it has {len(titles):,} values in "
        f"{len(documents):,} rows, and each has one label. If it is made of the labels, give the texts alone"
    )


def _classes(counts: dict[str, int]) -> str:
    """Such as ``class 'nan' (3 rows)``."""
    named = [f"{name!r:.40} ({rows:,} {'row' if rows == 1 else 'rows'})" for name, rows in counts.items()]
    more = f" and {len(named) - SHOWN:,} more" if len(named) > SHOWN else ""
    return f"{'class' if len(named) == 1 else 'classes'} {', '.join(named[:SHOWN])}{more}"


def lost_classes_note(labels: Sequence[Any], classes: Sequence[Any]) -> str:
    """What is said where classes have no row that is learned from, as all theirs have the weight 0; else empty.

    Args:
        labels: B labels, or tuples of labels.
        classes: those that were learned.
    """
    each = (one for label in labels for one in (label if isinstance(label, tuple) else (label,)))
    counts = Counter(str(one) for one in each)
    lost = {name: rows for name, rows in counts.items() if name not in set(map(str, classes))}
    return f"{_classes(lost)}: no row of sample_weight above 0, so it is not learned" if lost else ""


def one_label_note(labels: Sequence[Any], matrix: bool) -> str:
    """What is said where each row may have several labels and all have exactly one; else empty.

    Args:
        labels: B labels, or tuples of labels.
        matrix: whether they were an indicator matrix.
    """
    if not labels or any(not isinstance(label, tuple) or len(label) != 1 for label in labels):
        return ""
    what = "has exactly one 1" if matrix else "is a list of one label"
    way = "matrix.argmax(axis=1)" if matrix else "[labels[0] for labels in y]"
    return (
        f"every row of y {what}, and is learned as one of several labels that it may have: if each text has one class, "
        f'give it, such as {way}; if not, say task="multi_label"'
    )


def empty_texts_note(documents: Sequence[Any]) -> str:
    """What is said where many texts are empty, but not all, of which nothing can be learned; else empty.

    Args:
        documents: B texts or pairs; what is neither is told of elsewhere.
    """
    empty = sum(
        not any(part.strip() if isinstance(part, str) else True for part in (one if isinstance(one, tuple) else (one,)))
        for one in documents
    )
    if empty == len(documents) or empty < max(1, MANY_EMPTY * len(documents)):
        return ""
    return f"{empty:,} of {len(documents):,} texts are empty"


def token_pairs_note(X: Any, documents: Sequence[Document]) -> str:
    """What is said where all rows are lists of two words, which are read as title and text; else empty.

    Args:
        X: what was given; tuples are meant as pairs.
        documents: the same as documents.
    """
    if not documents or (isinstance(X, list | tuple) and isinstance(X[0], tuple)):
        return ""
    for one in documents:
        if not isinstance(one, tuple) or any(not _is_token(part) for part in one):
            return ""
    return (
        f"every row of X is a list of two words, such as {list(documents[0])!r:.80}, and is read as (title, text): "
        'if they are tokens, give " ".join(tokens)'
    )


def _is_token(part: Any) -> bool:
    return isinstance(part, str) and len(part) <= LONGEST_TOKEN and len(part.split()) <= 1
