"""Chooses the text, title and label columns: named by the user, those of a model, or guessed, with a note.

A model's columns (:class:`recurra.data.model_columns.ModelColumns`) are taken where the table has them. Guesses use
names first, then content: the column with the longest texts is the text, one with few distinct values the
label; a column of numbers is no text where another holds words. If two columns are equally likely, nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

from recurra.data.column_names import ambiguous, by_name, quoted_names, repeated_column, shown
from recurra.data.column_statistics import ColumnStatistics
from recurra.data.label_columns import join_hint
from recurra.data.label_guess import named_label
from recurra.data.model_columns import ModelColumns
from recurra.data.usual_names import (
    TEXT_NAMES,
    TITLE_NAMES,
    is_id_or_date_name,
    is_text_name,
    is_title_name,
    plain_name,
    unprefixed_name,
)
from recurra.errors import DataError

__all__ = [
    "Columns",
    "MissingColumn",
    "NamedColumnError",
    "NoLabelColumnError",
    "answer_columns",
    "choose_columns",
    "quoted_names",
    "repeated_column",
]

_ANSWER = re.compile("((?:predicted_)*)labels?")
_LIKELY_SHARE = 0.8  # a second column with texts nearly as long makes the choice ambiguous


class NoLabelColumnError(DataError):
    """No column looks like that of the labels."""


class NamedColumnError(DataError):
    """A table has no column of a name that the user gave.

    Attributes:
        name: that name.
    """

    name: str = ""

    @classmethod
    def of(cls, source: str, name: str, hint: str) -> Self:
        """The error for a table and a name."""
        error = cls(f"{source} has no column {name!r:.80}", hint)
        error.name = name
        return error


class MissingColumn(NamedTuple):
    """A column that a model learned from and the table lacks.

    Attributes:
        learned: its name.
        read: name of the column that is read instead, or ``None``.
        meaning: what is missing.
        hint: what to do.
    """

    learned: str
    read: str | None
    meaning: str
    hint: str

    @property
    def warning(self) -> str:
        """Both in one line."""
        return f"{self.meaning}; {self.hint}"


@dataclass(frozen=True)
class Columns:
    """The chosen columns.

    Attributes:
        text: the column of the texts.
        title: the column of the titles, or None.
        label: the column of the labels, or None for a table without labels.
        note: one line on what was guessed or taken from a model, or None if nothing was.
        warnings: lines on what a model learned from and the table lacks, and on labels that are a model's answers.
        guessed: the roles whose column was guessed.
        text_columns: the columns that hold texts and have no label's name.
        missing: what a model learned from and the table lacks; each is one of the warnings.
    """

    text: str
    title: str | None
    label: str | None
    note: str | None
    warnings: tuple[str, ...] = ()
    guessed: tuple[str, ...] = ()
    text_columns: tuple[str, ...] = ()
    missing: tuple[MissingColumn, ...] = ()


def choose_columns(
    facts: Sequence[ColumnStatistics],
    *,
    source: str,
    text: str | None = None,
    title: str | None = None,
    label: str | None = None,
    labelled: bool = True,
    model: ModelColumns | None = None,
    of_classes: str | None = None,
    header: bool = True,
) -> Columns:
    """Uses the named columns, then those of the model, and guesses the others.

    A title is guessed only together with the text: with only the text named, that column is read alone. Where the table
    has a model's text column, and the model learned without titles, no title is guessed either.

    Args:
        facts: the columns in file order.
        source: the file, for messages.
        text: the user's text column, or None.
        title: the user's title column, or None.
        label: the user's label column, or None.
        labelled: whether a label column is wanted.
        model: the columns that the model learned from for which the table is read.
        of_classes: the column that holds the classes of the model, taken where its own label column is missing.
        header: whether tables of this kind have a header row, for messages.

    Raises:
        DataError: a named column is missing, duplicated or given two roles, or a guess would be ambiguous.
    """
    names = [fact.name for fact in facts]
    _check_named(names, source, {"--text": text, "--title": title, "--label": label})
    wants = {"text": text is None, "title": title is None and text is None, "label": labelled and label is None}
    named = {"text": text, "title": title, "label": label}
    of_model = {} if model is None else _of_model(facts, model, named)
    text, title, label = (name or of_model.get(role) for role, name in named.items())
    wants = {role: want and role not in of_model for role, want in wants.items()}
    if model is not None and model.title is None and "text" in of_model:
        wants["title"] = False
    # A column with a label's name is found even if no label is wanted: it is not the text.
    answers = answer_columns(names)
    free = [fact for fact in facts if fact.name not in {text, title, label, *answers}]
    name_of_label = label or (None if of_classes in {text, title} else of_classes if wants["label"] else None)
    others: list[str] = []
    if name_of_label is None and free:
        name_of_label, others = named_label(free, source, wanted=wants["label"], with_text=text is None)
    # What has a title's name and repeats as labels do, such as the subjects of a form, may be the labels.
    subjects = {one.name for one in free if is_title_name(one.name) and one.repeats and wants["label"]}
    passed = answers[:1] if wants["label"] and name_of_label is not None else []
    free = [fact for fact in free if fact.name != name_of_label]
    if text is None:
        text = _guess_text(free, source, header=header)
        numbers = next(fact.numbers for fact in facts if fact.name == text)
        unlike = numbers or (not is_text_name(text) and len(names) > 1)
        if model is not None and text not in (model.text, model.title) and unlike:
            (learned,) = shown([model.text])
            raise DataError(
                f"{source} has no column of texts {learned}, from which the model learned, among {quoted_names(names)}",
                "Name the text column with --text.",
            )
    free = [fact for fact in free if fact.name != text]
    if wants["title"]:
        title = by_name(
            [
                fact
                for fact in free
                if fact.mean_length is not None
                and not fact.numbers
                and (name_of_label is not None or fact.name not in subjects)
            ],
            TITLE_NAMES,
            source,
            "title",
            strict=True,
        )
        free = [fact for fact in free if fact.name != title]
    if wants["label"]:
        label = name_of_label or (
            _answer_label(free, source, answers[0]) if answers else _guess_label(free, source, names, header=header)
        )
    chosen = {"label": label if labelled else None, "title": title, "text": text}
    guessed = {role: name for role, name in chosen.items() if wants[role] and name is not None}
    taken = {role: name for role, name in of_model.items() if chosen[role] is not None}
    notes = [
        f"columns of the model: {_roles(taken)}" if taken else "",
        f"columns guessed: {_roles(guessed)}; name {'it' if len(guessed) == 1 else 'them'} with "
        + ", ".join(f"--{role}" for role in guessed)
        if guessed
        else "",
    ]
    if passed:
        notes[1] = notes[1].replace("; name ", f" ({shown(passed)[0]} is passed over: a model's answers); name ", 1)
    if wants["label"] and (others := [name for name in others if name not in chosen.values()]):
        notes[1] += f"; other candidates for the label: {quoted_names(others)}"
    warnings = []
    if wants["label"] and (others or (name_of_label is None and not answers and len(names) > 2)):
        # Another one may be meant: this is said with --quiet, too.
        warnings, notes[1] = [notes[1]], ""
    if labelled and chosen["label"] in answers:
        beside = ", ".join(shown([name for name in answers if name != chosen["label"]][:1]))
        warnings.append(
            f"the labels of {source}, {shown([str(label)])[0]}, look like a model's answers that recurra score wrote"
            f"{f' beside {beside}' if beside else ''}, and not like people's; name another column with --label"
            f"{f', or take out {beside} if people corrected them' if beside and named['label'] is not None else ''}"
        )
    missing = () if model is None else _missing(model, named, chosen, source)
    return Columns(
        text=text,
        title=title,
        label=chosen["label"],
        note="; ".join(filter(None, notes)) or None,
        warnings=(*(one.warning for one in missing), *warnings),
        guessed=tuple(guessed),
        text_columns=tuple(
            one.name for one in facts if one.mean_length is not None and one.name not in (name_of_label, *answers)
        ),
        missing=missing,
    )


def answer_columns(names: Collection[str]) -> list[str]:
    """The columns that ``recurra score`` wrote, in order, the answer first; empty if there are none.

    They are ``label`` or ``labels`` beside ``probability`` or one such column for each class, all of them with
    ``predicted_`` before them where the scored table had columns of these names.
    """
    found = []
    for name in names:
        if answer := _ANSWER.fullmatch(name):
            numbers = [other for other in names if re.match(rf"{answer[1]}probability(_|$)", other)]
            found += [name, *numbers] if numbers or answer[1] else []
    return found


def _answer_label(free: Sequence[ColumnStatistics], source: str, answers: str) -> str:
    """The column of a model's answers, unless another one may be that of the labels."""
    few = [fact.name for fact in free if fact.few and not fact.numbers and (fact.distinct or 0) > 1]
    if few:
        raise ambiguous(source, "label", [*few, answers])
    return answers


def _of_model(
    facts: Sequence[ColumnStatistics], model: ModelColumns, named: Mapping[str, str | None]
) -> dict[str, str]:
    """Those of a model's columns that the table has, once and of the right kind, and the user left open."""
    names, texts = [fact.name for fact in facts], [fact.name for fact in facts if fact.mean_length is not None]
    own = {role: _same_name(name, names) for role, name in model.by_role.items() if name is not None}
    found = {
        role: name
        for role, name in own.items()
        if name is not None
        and named[role] is None
        and name not in named.values()
        and names.count(name) == 1
        and (role == "label" or name in texts)
    }
    if named["text"] is not None:
        # With the text named, that column is read alone, as where columns are guessed.
        found.pop("title", None)
    elif "text" not in found and not set(texts) - {*found.values(), *named.values()}:
        # No column is left for the texts but the title's.
        found.pop("title", None)
    return found


def _same_name(name: str, names: Sequence[str]) -> str | None:
    """The column of that name; if there is none, the only one whose name differs by case and marks, or by a prefix."""
    if name in names:
        return name
    for plain in (plain_name, unprefixed_name):
        alike = [other for other in names if plain(other) == plain(name)]
        if alike:
            return alike[0] if len(alike) == 1 else None
    return None


def _missing(
    model: ModelColumns, named: Mapping[str, str | None], chosen: Mapping[str, str | None], source: str
) -> tuple[MissingColumn, ...]:
    """What a model learned from and the table lacks, and what is read instead."""
    found = []
    for role in ("text", "label", "title"):
        own, read = model.by_role[role], chosen[role]
        if named[role] is None and own is not None and read is not None and _same_name(own, [read]) is None:
            learned, other = shown([own, read])
            meaning = (
                f"{source} has no column of {role}s {learned}, from which the model learned: {other} is read instead"
            )
            found.append(MissingColumn(own, read, meaning, f"name another with --{role}"))
    if model.title is not None and chosen["title"] is None:
        (learned,) = shown([model.title])
        meaning = f"the model learned from titles as well, of the column {learned}, and no title is read from {source}"
        found.append(MissingColumn(model.title, None, meaning, "name its column with --title"))
    return tuple(found)


def _roles(columns: Mapping[str, str]) -> str:
    return ", ".join(f"{role} {name!r}" for role, name in columns.items())


def _check_named(names: Sequence[str], source: str, asked: dict[str, str | None]) -> None:
    roles: dict[str, str] = {}
    for option, name in asked.items():
        if name is None:
            continue
        if name not in names:
            raise NamedColumnError.of(source, name, f"Name one of {quoted_names(names)} with {option}.")
        if names.count(name) > 1:
            raise repeated_column(source, names, name)
        if name in roles:
            raise DataError(
                f"Column {name!r} is named twice", f"Name two different ones with {roles[name]} and {option}."
            )
        roles[name] = option


def _guess_text(facts: Sequence[ColumnStatistics], source: str, *, header: bool) -> str:
    texts = [fact for fact in facts if fact.mean_length is not None]
    if not texts:
        among = f" among {quoted_names([fact.name for fact in facts])}" if facts else " beside that of the labels"
        raise DataError(
            f"{source} has no column of texts{among}",
            "Name the text column with --text" + (", or add a header row." if header else "."),
        )
    # Whatever its name, a column of ticket numbers is not the text where another holds words.
    texts = [fact for fact in texts if not fact.numbers] or texts
    texts = [fact for fact in texts if not is_id_or_date_name(fact.name)] or texts
    usual = by_name(texts, TEXT_NAMES, source, "text", strict=True)
    if usual is not None:
        return usual
    rich = [fact for fact in texts if not fact.few] or texts
    longest = max(fact.mean_length or 0.0 for fact in rich)
    likely = [fact.name for fact in rich if (fact.mean_length or 0.0) >= _LIKELY_SHARE * longest]
    if len(likely) > 1:
        raise ambiguous(source, "text", likely)
    return likely[0]


def _guess_label(facts: Sequence[ColumnStatistics], source: str, names: Sequence[str], *, header: bool) -> str:
    few = [fact.name for fact in facts if fact.few]
    if len(few) == 1:
        return few[0]
    if few:
        error = ambiguous(source, "label", few)
        joined = join_hint(few, flags=[fact.name for fact in facts if fact.few and fact.flags])
        raise error.with_hint(joined) if joined else error
    raise NoLabelColumnError(
        f"{source} has no column that looks like a label among {quoted_names(names)}",
        "Name it with --label" + (", or add a header row." if header else "."),
    )
