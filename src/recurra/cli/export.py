"""``recurra export``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from recurra.cli.data_argument import ReadOptions, read_data
from recurra.cli.given_files import check_model_place, replacing
from recurra.cli.labelled_rows import labelled_rows, predict_with_progress
from recurra.cli.options import (
    DataDir,
    Encoding,
    FormatName,
    Json,
    LabelColumn,
    LabelSeparator,
    ModelArgument,
    Quiet,
    TextColumn,
    TitleColumn,
    model_name,
)
from recurra.cli.output import Output, aligned, folded
from recurra.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt

    from recurra.bundle import Bundle
    from recurra.data.documents import Document
    from recurra.evaluation.paired import PredictionDifferences, ScoreChange
    from recurra.export import ExportedModel
    from recurra.runtime import Model
    from recurra.tasks import Task

__all__ = ["EXAMPLES", "export"]

EXAMPLES = (
    "recurra export tickets.safetensors --int8 --out small.safetensors test.csv",
    "recurra export tickets.safetensors --int8 --out small.safetensors",
)


def export(
    context: typer.Context,
    model: ModelArgument,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Output file.")],
    data: Annotated[
        str | None,
        typer.Argument(
            metavar="DATA",
            help="Labelled rows to measure the change of accuracy: a file, a folder per class, - or a named set.",
        ),
    ] = None,
    int8: Annotated[
        bool, typer.Option("--int8", help="Write a model file with int8 weights, about a quarter of the size.")
    ] = False,
    label_separator: LabelSeparator = None,
    text: TextColumn = None,
    title: TitleColumn = None,
    label: LabelColumn = None,
    encoding: Encoding = "utf-8",
    format_name: FormatName = None,
    data_dir: DataDir = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write a model in another format, checked against the original."""
    form = _only({"int8": int8}, context)
    check_model_place(out, {"the model": model, "DATA": Path(data) if data else None})
    from recurra.export import check_answers
    from recurra.runtime import load

    output = Output(as_json=as_json, quiet=quiet)
    loaded = load(model)
    exported = _maker(form)(loaded.bundle)
    reading = ReadOptions(text, title, label, encoding, data_dir, format_name, loaded.task.label_cells)
    rows = _rows(loaded, data, reading, label_separator, output)
    before = predict_with_progress(loaded.predict_proba, rows.documents, output)
    after = predict_with_progress(exported.predict, rows.documents, output)
    apart = check_answers(before, after, task=loaded.task)
    scores = rows.change(before, after, loaded.task)

    from recurra.atomic import write_atomically

    sizes = {"before": model.stat().st_size, "after": len(exported.data)}
    replaced = replacing(out)
    write_atomically(out, exported.data)
    _show(exported, sizes, rows.source, apart, scores, output)
    output.result(f"model: {out}{replaced}")
    output.document(
        {
            "model": model_name(model),
            "out": str(out),
            "format": exported.format,
            "bytes": sizes,
            "data": rows.source if data else None,
            **_values(apart, scores),
            "notes": output.notes,
        }
    )


class _Rows(NamedTuple):
    """The documents on which the models are compared.

    Attributes:
        documents: one or more documents.
        targets: their true classes, or ``None`` for generated documents.
        source: description of their source.
    """

    documents: Sequence[Document]
    targets: npt.NDArray[Any] | None
    source: str

    def change(self, before: npt.NDArray[np.float32], after: npt.NDArray[np.float32], task: Task) -> ScoreChange | None:
        """What becomes of the scores, if there are true classes."""
        from recurra.evaluation.paired import score_change

        return None if self.targets is None else score_change(before, after, self.targets, task=task)


def _only(wanted: dict[str, bool], context: typer.Context) -> str:
    """The output format that was chosen."""
    chosen = [form for form, is_wanted in wanted.items() if is_wanted]
    if len(chosen) != 1:
        received = " and ".join(f"--{form}" for form in chosen) or "nothing"
        options = " or ".join(f"--{form}" for form in wanted)
        raise typer.BadParameter(
            f"{received} was given, and the name of FILE does not choose it. Give {options}",
            ctx=context,
            param_hint="the format",
        )
    return chosen[0]


def _maker(form: str) -> Callable[[Bundle], ExportedModel]:
    from recurra.export import export_int8

    return {"int8": export_int8}[form]


def _rows(model: Model, data: str | None, reading: ReadOptions, separator: str | None, output: Output) -> _Rows:
    model.task.check_separator(separator)
    if separator is not None and data is None:
        raise SettingsError(
            f"--label-separator {separator!r:.20} is given without rows of several labels", "Leave it out."
        )
    if data is not None:
        table = read_data(data, reading.of_labelled(model), part="test", output=output)
        documents, rows = labelled_rows(table, model, output, separator=separator)
        return _Rows(documents, rows.targets, table.source)
    for option, column in {"--text": reading.text, "--title": reading.title, "--label": reading.label}.items():
        if column is not None:
            raise SettingsError(f"{option} {column} is given without DATA", "Name the file of labelled rows as well.")
    from recurra.export import generated_documents

    output.note("There are no labelled rows: give DATA, such as test.csv, to see the accuracy change.")
    generated = generated_documents(model.bundle.pipeline)
    return _Rows(generated, None, "texts drawn at random from the model's vocabulary")


def _values(apart: PredictionDifferences, scores: ScoreChange | None) -> dict[str, Any]:
    """The comparison as JSON holds it; without true classes there are no scores."""
    values: dict[str, Any] = {
        "rows": apart.rows,
        "changed": apart.changed,
        "largest_difference": apart.largest,
        "mean_difference": apart.mean,
        "accuracy": None,
        "log_loss": None,
    }
    if scores is not None:
        values["accuracy"] = {
            **dict(zip(("before", "after"), scores.accuracy, strict=True)),
            "gained": scores.gained,
            "lost": scores.lost,
            "interval": list(scores.interval),
        }
        values["log_loss"] = dict(zip(("before", "after"), scores.log_loss, strict=True))
    return values


def _show(
    exported: ExportedModel,
    sizes: dict[str, int],
    source: str,
    apart: PredictionDifferences,
    scores: ScoreChange | None,
    output: Output,
) -> None:
    output.result(folded(f"{apart.rows:,} {'rows of ' if scores else ''}{source}"))
    table = [("", "model", exported.format, "change")]
    if scores:
        (was, now), (loss, new_loss) = scores.accuracy, scores.log_loss
        low, high = scores.interval
        table.append(
            ("accuracy", f"{was:.4f}", f"{now:.4f}", f"{now - was:+.4f} (95 % interval {low:+.4f} to {high:+.4f})")
        )
        table.append(("log loss", f"{loss:.4f}", f"{new_loss:.4f}", f"{new_loss - loss:+.4f}"))
    small = sizes["before"] / sizes["after"]
    table.append(("bytes", f"{sizes['before']:,}", f"{sizes['after']:,}", f"{small:.2f} times smaller"))
    output.result(aligned(table, right=(1, 2)))
    share = 100 * (1 - apart.changed / apart.rows)
    kept = f"{apart.rows - apart.changed:,} of {apart.rows:,} ({share:.2f} %) keep their label"
    if scores:
        kept += f"; newly right: {scores.gained:,}, newly wrong: {scores.lost:,}"
    output.result(f"{folded(kept)}\nlargest change of a probability {apart.largest:.4f}, mean {apart.mean:.6f}")
