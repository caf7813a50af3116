"""``recurra inspect MODEL --data DATA --view VIEW``: views of a model over a whole file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import typer

from recurra.cli.data_argument import ReadOptions, is_file, read_data
from recurra.cli.next_command import command_line, options_again, reading_again
from recurra.cli.options import model_name
from recurra.cli.output import Output, count
from recurra.cli.progress import Bars
from recurra.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import numpy.typing as npt

    from recurra.data.table import Table
    from recurra.inspection.flag_results import Flags
    from recurra.inspection.gradient_flow import FlowJson
    from recurra.inspection.label_issue_results import LabelIssues
    from recurra.inspection.states import States
    from recurra.runtime import Model

__all__ = ["VIEWS", "DataView", "show_data", "view_name"]

VIEWS = ("flags", "states", "doubts", "gradients")


class DataView(NamedTuple):
    """The options of a view.

    Attributes:
        view: one of :data:`VIEWS`.
        data: a file, or a named dataset, of which the test rows are used.
        train: the training rows of the model: a file, or a named dataset.
        rows: maximum number of rows, or ``None`` for the default of the view.
        top: number of flags, or of doubts per reason, to show.
        folds: number of models to cross-validate for doubts about training rows; ``None`` uses the model itself.
        queue: file to write the doubtful rows to.
        seed: seed of every random choice.
        html: file for a page.
        language: of the page.
    """

    view: str
    data: str
    train: str | None = None
    rows: int | None = None
    top: int = 12
    folds: int | None = None
    queue: Path | None = None
    seed: int = 0
    html: Path | None = None
    language: str = "en"


def view_name(word: str) -> str:
    """Parser of the names of views."""
    if word not in VIEWS:
        raise typer.BadParameter(f"{word!r:.80}. Give one of {', '.join(VIEWS)}")
    return word


def show_data(paths: list[Path], wanted: DataView, reading: ReadOptions, output: Output) -> None:
    """Computes a view, prints it, and writes its page if one is wanted.

    Args:
        paths: path of the model; of one or more for ``gradients``.
        wanted: the view and its options.
        reading: how to read the files.
        output: output of the command.

    Raises:
        DataError: the model or the rows do not suit the view.
        RecurraError: a page is wanted, and its packages are not installed.
    """
    from recurra.cli import inspect_view_output as shown
    from recurra.data.unlabelled import labelled_table
    from recurra.inspection.labelled_sample import check_supports_views
    from recurra.runtime import load

    if wanted.html is not None:
        from recurra.report.packages import require_page_packages

        require_page_packages()
    models = {model_name(path): load(path) for path in paths}
    for model in models.values():
        check_supports_views(model)
    reading = reading.of_model(*models.values())
    part: Literal["train", "test"] = "train" if wanted.folds else "test"
    # A queue is about rows of the file, those without a label included.
    whole = read_data(wanted.data, reading, part=part, output=output, skip=False)
    data = labelled_table(whole, output.note) if reading.label_format.missing else whole
    if wanted.queue is not None:
        from recurra.data.review_queue import read_queue

        # What is wrong with it shows before the long part.
        read_queue(wanted.queue, numbers=whole.row_numbers, encoding=reading.encoding)
    name, model = next(iter(models.items()))
    document: dict[str, Any]
    if wanted.view == "flags":
        flags = _flags(model, name, data, wanted, output)
        shown.show_flags(flags, output)
        document = flags.to_dict()
    elif wanted.view == "states":
        states = _states(model, name, data, wanted, output)
        shown.show_states(states, output)
        document = states.to_dict()
    elif wanted.view == "doubts":
        issues = _doubts(model, name, data, wanted, reading, output)
        shown.show_doubts(issues, output)
        if wanted.queue is not None:
            _write_queue(issues, wanted.queue, whole, wanted.data, reading, output)
        document = issues.to_dict()
    else:
        flows = _flows(models, data, wanted, output)
        shown.show_flows(flows, output)
        document = {"models": flows}
    if wanted.html is not None:
        from recurra.cli.inspect_output import write_page
        from recurra.report.translation import use_language

        with use_language(wanted.language):
            page = _page(wanted, document)
        write_page(wanted.html, page, output)
    output.document({**document, "notes": output.notes})


def _flags(model: Model, name: str, data: Table, wanted: DataView, output: Output) -> Flags:
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
    return found


def _states(model: Model, name: str, data: Table, wanted: DataView, output: Output) -> States:
    from recurra.inspection import states

    found = states(model, data, name=name, documents=wanted.rows or 1000, seed=wanted.seed)
    for note in found.notes:
        output.note(note)
    return found


def _flows(models: dict[str, Model], data: Table, wanted: DataView, output: Output) -> list[FlowJson]:
    from recurra.inspection import gradients
    from recurra.inspection.gradient_flow import ROWS

    rows, flows = wanted.rows or ROWS, []
    with Bars(output) as bars:
        for name, model in models.items():
            # Each row is measured before and after training.
            bar = bars.begin(name, 2 * min(rows, len(data)))

            def advance(done: int, bar: Callable[[int, str], None] = bar) -> None:
                bar(done, "")

            found = gradients(model, data, name=name, limit=rows, seed=wanted.seed, say=output.note, advance=advance)
            flows += found.to_dict()["models"]
    return flows


def _page(wanted: DataView, document: dict[str, Any]) -> str:
    if wanted.view == "flags":
        from recurra.report.flags_page import flags_page

        return flags_page(document, data_name=wanted.data)
    if wanted.view == "states":
        from recurra.report.states_page import states_page

        return states_page(document, data_name=wanted.data)
    if wanted.view == "doubts":
        from recurra.report.doubts_page import doubts_page

        return doubts_page(document, data_name=wanted.data)
    from recurra.report.file_titles import file_title
    from recurra.report.inspection_page import inspection_page
    from recurra.report.translation import translate

    flows = document["models"]
    rows = count(max(flow["documents"] for flow in flows))
    about = translate("Measured on {rows} rows of {file}.", rows=rows, file=file_title(wanted.data))
    return inspection_page([], flows, about=about)


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
    # An unknown label shows before the long part.
    _check_known(model, data)
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


def _check_known(model: Model, data: Table) -> None:
    """Raises a :class:`DataError` for labels that the model does not know, with the way to leave their rows out."""
    from recurra.inspection.labelled_sample import check_supports_views, known_targets

    check_supports_views(model)
    try:
        known_targets(model, data.labels or [], source=data.source)
    except DataError as error:
        raise error.with_hint("recurra check DATA --model MODEL --fix OUT --drop-unknown leaves them out.") from None


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
            classes=model.bundle.labels.classes,
            callbacks=lambda fold: [bars.training(f"fold {fold + 1} of {wanted.folds}", at_most=early)],
        )


def _write_queue(
    doubted: LabelIssues, path: Path, table: Table, data: str, reading: ReadOptions, output: Output
) -> None:
    from recurra.atomic import write_atomically
    from recurra.data.review_queue import extended_queue

    queue = extended_queue(path, *doubted.queue(), table.corpus, encoding=reading.encoding)
    write_atomically(path, queue.content)
    output.result(f"queue: {path} ({queue.before + queue.added:,} rows). Change keep to exclude or relabel in it.")
    if doubted.cut:
        output.note(f"The queue has the most severe ones, {' and '.join(doubted.cut)}: --top N gives more.")
    if queue.before:
        output.note(
            f"{path} has kept its {queue.before:,} rows, {queue.made:,} of them excluded or relabelled; "
            f"{queue.added:,} new rows stand below."
        )
    # The command stays in one line, to be copied. Training does not ask the model for its columns.
    columns = table.named_columns if is_file(data) else None
    output.detail(f"Then, where {data} is what you train with:")
    decided = options_again(exclude=path, relabel=path, out="runs/cleaned")
    output.detail(command_line("train", data, *reading_again(reading.naming(columns)), *decided))
