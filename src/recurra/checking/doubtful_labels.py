"""Findings on labels that are hardly classes: placeholders, misspellings, and several labels that were not split."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from recurra.checking.draft import Draft
from recurra.checking.facts import Facts
from recurra.checking.finding import Part
from recurra.checking.label_names import LabelNames
from recurra.checking.label_wording import listed_labels, shortened, shown_label
from recurra.checking.misspellings import may_be_sentence
from recurra.data.known_labels import folded
from recurra.tasks.multi_label_detection import joined_labels

__all__ = [
    "RENAME",
    "is_placeholder",
    "joined_label_findings",
    "misspelling_findings",
    "near_spelling_findings",
    "placeholder_findings",
]

PLACEHOLDERS = frozenset(
    (
        *("-", "--", "---", "–", "—", ".", "..", "...", "…", "?", "??", "???", "_"),
        *("n/a", "n.a.", "n.a", "#n/a", "<na>", "null", "(null)", "#null!", "nil", "nan", "nat", "(blank)", "(empty)"),
        # Of spreadsheets, databases and forms.
        *(
            "#nv",
            "#ref!",
            "#value!",
            "#div/0!",
            "#name?",
            "\\n",
            "[null]",
            "(leer)",
            "--none--",
            "select...",
            "(vacío)",
        ),
        *("tbd", "t.b.d.", "tba", "to be determined", "todo", "to do", "undefined", "not available"),
        *("no label", "unlabelled", "unlabeled", "not labelled", "not labeled", "unclassified"),
        # In German, French, Spanish, Italian, Portuguese, Dutch, Japanese and Chinese.
        *("n/d", "n.d.", "n.d", "s/d", "s.d.", "pte.", "pte"),
        *("k.a.", "bitte wählen", "nicht zugeordnet", "nicht klassifiziert", "unklassifiziert", "ohne label", "n.v.t."),
        *(
            "à classer",
            "non classé",
            "à définir",
            "sans étiquette",
            "non renseigné",
            "sin clasificar",
            "por clasificar",
        ),
        *("sin etiqueta", "por definir", "da classificare", "non classificato", "da definire", "não classificado"),
        *("a classificar", "a definir", "niet geclassificeerd", "未分類", "未設定", "未分类"),
    )
)
"""Labels, in lower case, that stand for a label that is missing."""

RENAME = "--fix OUT --relabel FILE, and train --relabel FILE, take a table with the columns 'label' and 'new label'."
"""How a class gets another name."""

POSSIBLE = frozenset(
    (
        *("unknown", "none", "na", "missing", "not applicable", "unbekannt", "inconnu", "desconocido", "sconosciuto"),
        *("desconhecido", "onbekend", "keine angabe", "no aplica", "不明", "未知"),
    )
)
"""Labels that may be classes as well."""


def is_placeholder(label: str) -> bool:
    """Whether a label plainly stands for a missing one, such as ``N/A``."""
    return folded(label) in PLACEHOLDERS


def placeholder_findings(
    facts: Facts, part: Part, names: LabelNames, counts: Mapping[str, int], known: Collection[str]
) -> list[Draft]:
    """Labels that stand for a missing one: plainly, or possibly.

    Args:
        facts: the facts of the file.
        part: the training or the test file.
        names: names of the labels.
        counts: number of rows by label.
        known: classes of a model, which are none.
    """
    plain = {name: rows for name, rows in counts.items() if is_placeholder(name) and name not in known}
    possible = {name: rows for name, rows in counts.items() if folded(name) in POSSIBLE and name not in known}
    effect = "training learns it as a class" if part == "train" else "evaluation counts it as a class"
    drafts = []
    if len(rows := np.flatnonzero(np.isin(facts.labels, names.having(plain)))):
        meaning = f"{listed_labels(plain)}: such a label stands for a missing one, and {effect}."
        hint = "Label these rows; --fix with --drop-placeholders leaves out those that have no other label."
        drafts.append(
            Draft("placeholder labels", "warning", part, rows, meaning, hint, facts={"classes": plain}),
        )
    if len(rows := np.flatnonzero(np.isin(facts.labels, names.having(possible)))):
        meaning = f"{listed_labels(possible)}: such a label may stand for a missing one, and {effect}."
        hint = "If it does, empty these cells: --skip-unlabelled and --fix leave out rows without a label."
        drafts.append(
            Draft("labels that may be placeholders", "note", part, rows, meaning, hint, facts={"classes": possible})
        )
    return drafts


def misspelling_findings(
    facts: Facts, names: LabelNames, meant: Mapping[str, str], counts: Mapping[str, int]
) -> list[Draft]:
    """Labels of the training rows that look misspelt, however many rows they have.

    Args:
        facts: the facts of the file.
        names: names of the labels.
        meant: the label that is meant by misspelt label.
        counts: number of rows by label.
    """
    rows = np.flatnonzero(np.isin(facts.labels, names.having(meant)))
    if not len(rows):
        return []
    some = {name: counts[name] for name in meant}
    why = "one letter away from a class of many more rows, or alike but for accents"
    meaning = f"{listed_labels(some)}: {why}.{may_be_sentence(meant)}"
    hint = f"If they are misspelt, correct them, or rename them: {RENAME}"
    return [Draft("labels that look misspelt", "warning", "train", rows, meaning, hint, facts={"meant": dict(meant)})]


def near_spelling_findings(
    facts: Facts, names: LabelNames, near: Mapping[str, str], counts: Mapping[str, int]
) -> list[Draft]:
    """Labels of the training rows that may be another class, spelled otherwise, or one of their own.

    Args:
        facts: the facts of the file.
        names: names of the labels.
        near: the label of more rows by label, from :func:`recurra.checking.misspellings.near_spellings`.
        counts: number of rows by label.
    """
    rows = np.flatnonzero(np.isin(facts.labels, names.having(near)))
    if not len(rows):
        return []
    pairs = [
        f"{listed_labels({name: counts[name]})} and {listed_labels({other: counts[other]})}"
        for name, other in near.items()
    ]
    meaning = f"{shortened(pairs, '; ')}: alike but for spaces or hyphens, a word such as 'and', an ending, or zeros."
    hint = f"--fix leaves them apart. If they are one class, rename one: {RENAME}"
    return [Draft("labels that may be one class", "note", "train", rows, meaning, hint, facts={"near": dict(near)})]


def joined_label_findings(facts: Facts, part: Part, names: LabelNames, counts: Mapping[str, int]) -> list[Draft]:
    """Labels of rows with several that are labels with another separator between them."""
    joined = joined_labels(counts) if names.task.lists else {}
    rows = np.flatnonzero(np.isin(facts.labels, names.having(joined)))
    if not len(rows):
        return []
    marks = ", ".join(repr(mark) for mark in dict.fromkeys(joined.values()))
    at = "" if names.separator is None else f" Cells are split at {names.separator!r} alone."
    meaning = (
        f"{shortened([shown_label(name) for name in joined])}: labels of other rows with {marks} between them, and "
        f"each counts as a label of its own.{at}"
    )
    hint = (
        "Write lists of single labels."
        if names.separator is None
        else f"Write one separator in all cells, such as {names.separator!r}."
    )
    facts_found = {"labels": dict(joined)}
    return [Draft("labels that look like several", "warning", part, rows, meaning, hint, facts=facts_found)]
