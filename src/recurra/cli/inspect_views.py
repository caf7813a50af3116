"""``recurra inspect MODEL --view VIEW --data DATA``: views of a model over a whole file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

import typer

from recurra.cli.data_argument import ReadOptions, read_data
from recurra.cli.output import Output, aligned, cut
from recurra.cli.progress import Bars
from recurra.errors import SettingsError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from recurra.data.table import Table
    from recurra.inspection.flag_results import Flags
    from recurra.inspection.label_issue_results import LabelIssues
    from recurra.inspection.phrases import Phrase
    from recurra.inspection.states import States
    from recurra.runtime import Model

__all__ = ["VIEWS", "DataView", "show_data", "view_name"]

VIEWS = ("flags", "states", "doubts")
# Width of a list of phrases or of a text in a table.
WIDE = 60


class DataView(NamedTuple):
    """The options of a view.

    Attributes:
        view: ``flags``, ``states`` or ``doubts``.
        data: a file, or a named dataset, of which the test rows are used.
        train: the training rows of the model: a file, or a named dataset.
        rows: maximum number of rows, or ``None`` for the default of the view.
        top: number of flags, or of doubts per reason, to show.
        folds: number of models to cross-validate for doubts about training rows; ``None`` uses the model itself.
        queue: file to write the doubtful rows to.
        seed: seed of every random choice.
    """

    view: str
    data: str
    train: str | None = None
    rows: int | None = None
    top: int = 12
    folds: int | None = None
    queue: Path | None = None
    seed: int = 0


def view_name(word: str) -> str:
    """Parser of the names of views."""
    if word not in VIEWS:
        raise typer.BadParameter(f"{word!r:.80}. Give one of {', '.join(VIEWS)}")
    return word


def show_data(path: Path, wanted: DataView, reading: ReadOptions, output: Output) -> None:
    """Computes a view and prints it.

    Args:
        path: path of the model.
        wanted: the view and its options.
        reading: how to read the files.
        output: output of the command.

    Raises:
        SettingsError: an option that belongs to another view.
    """
    if wanted.view != "doubts":
        for option, value in (("--folds", wanted.folds), ("--queue", wanted.queue), ("--train", wanted.train)):
            if value is not None:
                raise SettingsError(f"{option} is given with --view {wanted.view}", "It belongs to --view doubts.")
    from recurra.inspection.labelled_sample import check_supports_views
    from recurra.runtime import load

    model, name = load(path), str(path)
    check_supports_views(model)
    part: Literal["train", "test"] = "train" if wanted.folds else "test"
    data = read_data(wanted.data, reading, part=part, output=output)
    if wanted.view == "flags":
        from recurra.inspection import flags

        with Bars(output) as bars:
            found = flags(
                model,
                data,
                name=name,
                documents=wanted.rows or 2000,
                units=wanted.top,
                seed=wanted.seed,
                advance=bars.counting("silencing units"),
            )
        for note in found.notes:
            output.note(note)
        _show_flags(found, output)
        output.document({**found.to_dict(), "notes": output.notes})
    elif wanted.view == "states":
        from recurra.inspection import states

        space = states(model, data, name=name, documents=wanted.rows or 1000, seed=wanted.seed)
        for note in space.notes:
            output.note(note)
        _show_states(space, output)
        output.document({**space.to_dict(), "notes": output.notes})
    else:
        doubted = _doubts(model, name, data, wanted, reading, output)
        _show_doubts(doubted, output)
        if wanted.queue is not None:
            _write_queue(doubted, wanted.queue, wanted.data, output)
        output.document({**doubted.to_dict(), "notes": output.notes})


def _doubts(
    model: Model, name: str, data: Table, wanted: DataView, reading: ReadOptions, output: Output
) -> LabelIssues:
    from recurra.inspection import label_issues

    train = None
    if wanted.train is not None:
        train = read_data(wanted.train, reading, part="train", output=output)
    if wanted.rows is not None:
        # The first rows, so that row numbers are the same as in the file.
        data = data.head(wanted.rows)
    probabilities = _out_of_fold(model, data, wanted, output) if wanted.folds else None
    return label_issues(
        model,
        data,
        name=name,
        train=train,
        probabilities=probabilities,
        top=wanted.top,
        seed=wanted.seed,
        say=output.note,
    )


def _out_of_fold(model: Model, data: Table, wanted: DataView, output: Output) -> npt.NDArray[np.float32]:
    """Cross-validated predictions: each model predicts rows that it was not trained on."""
    from recurra.linear_branch import BranchSettings
    from recurra.presets import Recipe, TrainingSettings
    from recurra.tuning.out_of_fold import out_of_fold

    training = TrainingSettings.from_dict(model.record.get("training", {}), where="the model's record")
    # Pretrained vectors and the precision of a GPU are not available here.
    training = training.replace(seed=wanted.seed, freeze_vectors=False, precision="float32")
    early = bool(training.validation and training.patience)
    branch = model.bundle.branch.settings if model.bundle.branch else BranchSettings()
    with Bars(output) as bars:
        return out_of_fold(
            data.documents,
            data.labels or [],
            recipe=Recipe(text=model.bundle.text, network=model.settings, branch=branch, training=training),
            folds=wanted.folds or 0,
            classes=model.classes_,
            callbacks=lambda fold: [bars.training(f"fold {fold + 1} of {wanted.folds}", at_most=early)],
        )


def _show_flags(found: Flags, output: Output) -> None:
    output.result(f"{found.documents:,} documents, accuracy {found.accuracy:.4f}, {len(found.scores):,} units")
    rows = [("unit", "score", "on", "stays", "jump", "speaks for", "weight", "drop", "random", "switched on by")]
    for one in found.units:
        place = f"{one.unit.layer}{' b' if one.unit.direction == 'backward' else ''} {one.unit.number}"
        random = "" if one.drop_random is None else f"{one.drop_random:+.4f}"
        shares = (f"{one.score:.2f}", f"{one.ends_on:.0%}", f"{one.stays:.0%}", f"{one.jump:.2f}")
        says = (cut(str(one.speaks_for), 20), f"{one.weight:+.2f}", f"{one.drop:+.4f}", random)
        rows.append((place, *shares, *says, cut(_phrases(one.on), WIDE)))
    output.result(aligned(rows, right=(1, 2, 3, 4, 6, 7, 8)))
    together = found.together
    if together.units:
        mean = sum(together.random_drops) / len(together.random_drops)
        output.result(
            f"the first {together.units} silenced together: accuracy {together.accuracy_silenced:.4f} "
            f"({together.drop:+.4f} lost; {mean:+.4f} with as many random units)"
        )
    for one in found.units[:3]:
        for example in one.examples[:1]:
            words = [f"[{word}]" if place == example.flip else word for place, word in enumerate(example.tokens)]
            output.detail(f"unit {one.unit.number}, {example.label}: {cut(' '.join(words), 100)}")


def _phrases(phrases: list[Phrase]) -> str:
    return ", ".join(f"{one.phrase} {one.count}/{one.of}" for one in phrases)


def _show_states(space: States, output: Output) -> None:
    shares = " + ".join(f"{share:.1%}" for share in space.explained_variance)
    output.result(f"{space.fitted_on:,} documents; principal components explain {shares} of the states' variance")
    rows = [("class", "ends", "x", "y")]
    for label in space.labels:
        own = [point for point in space.points if point.label == label]
        if own:
            x, y = (sum(getattr(point, axis) for point in own) / len(own) for axis in "xy")
            rows.append((cut(str(label), 40), f"{len(own):,}", f"{x:+.3f}", f"{y:+.3f}"))
    output.result(aligned(rows, right=(1, 2, 3)))
    output.detail("The ways word by word are in --json.")


def _show_doubts(doubted: LabelIssues, output: Output) -> None:
    for what, count in doubted.counts.items():
        output.result(f"{what}: {count:.4f}" if isinstance(count, float) else f"{what}: {count:,}")
    rows = [("row", "label", "suggested", "p", "reason", "text")]
    for one in doubted.rows:
        numbers = (str(one.row), cut(str(one.label), 15), cut(str(one.suggested), 15), f"{one.probability:.2f}")
        rows.append((*numbers, one.reason, cut(one.text, WIDE)))
    output.detail(aligned(rows, right=(0, 3)))


def _write_queue(doubted: LabelIssues, path: Path, data: str, output: Output) -> None:
    from recurra.atomic import write_atomically
    from recurra.data.review_decisions import decisions_csv

    decisions, notes = doubted.queue()
    write_atomically(path, decisions_csv(decisions, notes).encode("utf-8", "replace"))
    output.result(f"queue: {path} ({len(decisions):,} rows). Change keep to exclude or relabel in it.")
    output.detail(f"Then, where {data} is what you train with: recurra train {data} --exclude {path} --relabel {path}")
