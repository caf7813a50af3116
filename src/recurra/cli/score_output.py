"""What ``recurra score`` writes: the file, its columns, and what is said of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from recurra.cli.given_files import check_no_input
from recurra.cli.missing_texts import tell_of_missing_texts
from recurra.cli.output import Output, aligned, cut, folded, write_bytes
from recurra.errors import DataError, SettingsError

if TYPE_CHECKING:
    from recurra.batch_prediction.predict import PredictionSummary
    from recurra.cli.score_input import RowSource
    from recurra.data.columns import Columns
    from recurra.runtime import Model

__all__ = [
    "OutputFormat",
    "StandardOutput",
    "check_some_text",
    "csv_label_separator",
    "output_columns",
    "output_format",
    "report_scored",
]


class OutputFormat(NamedTuple):
    """The format of the output file.

    Attributes:
        form: ``.csv``, ``.jsonl``, ``.xlsx`` or ``.parquet``.
        compression: ``gzip``, ``zstd`` or ``None``.
    """

    form: str
    compression: str | None = None


class StandardOutput:
    """Writes bytes to standard output."""

    flushed = True

    def write(self, data: bytes, /) -> int:
        """Prints bytes and returns their number."""
        return write_bytes(data)

    def flush(self) -> None:
        """Nothing is buffered."""


def output_format(out: Path | None, data: str, *, as_json: bool, resume: bool) -> OutputFormat:
    """The format and compression of ``out``, from its name.

    Raises:
        SettingsError: the format is not supported, ``out`` is the data itself, or an option does not fit it.
        DataError: pyarrow or openpyxl is needed and not installed.
    """
    if out is None:
        for option, given in (("--json", as_json), ("--resume", resume)):
            if given:
                raise SettingsError(f"{option} is given without --out", "Name a file for the answers with --out.")
        return OutputFormat(".csv")
    if resume and data == "-":
        raise SettingsError(
            "--resume is given with standard input, which cannot be read again", "Save the data as a file."
        )
    from recurra.batch_prediction.sinks import KINDS
    from recurra.data.decompression import COMPRESSIONS
    from recurra.data.formats import require_openpyxl, require_pyarrow

    compression = COMPRESSIONS.get(out.suffix.lower())
    form = (out.with_suffix("") if compression else out).suffix.lower()
    if form not in KINDS or (compression and form in (".parquet", ".xlsx")):
        ending = "".join(out.suffixes[-2:] if compression else out.suffixes[-1:]).lower()
        raise SettingsError(
            f"--out {str(out)!r:.200} ends in {ending!r}",
            "Give a name that ends in .csv, .jsonl, .xlsx or .parquet; the first two may be packed as .gz or .zst.",
        )
    if form == ".parquet" or compression == "zstd":
        require_pyarrow(f"Writing {out.suffix.lower()}")
    if form == ".xlsx":
        require_openpyxl("Writing .xlsx")
    check_no_input("--out", out, [data])
    return OutputFormat(form, compression)


def csv_label_separator(model: Model, kind: OutputFormat) -> str:
    """The separator of labels in CSV and Excel: that of the training data, or ``|``.

    Raises:
        SettingsError: a label contains the separator.
    """
    from recurra.batch_prediction.sinks import written

    found = model.record.get("label_separator")
    mark = found if isinstance(found, str) and found else "|"
    for label in map(written, model.bundle.labels.classes):
        if model.task.lists and kind.form in (".csv", ".xlsx") and mark in label:
            raise SettingsError(
                f"The label {label!r:.80} holds {mark!r:.20}, which stands between labels in CSV and Excel",
                "Write a .jsonl or .parquet file with --out.",
            )
    return mark


def output_columns(source: RowSource, model: Model, every: bool, output: Output) -> list[str]:
    """The names of the output's columns; notes are printed."""
    from recurra.batch_prediction.sinks import column_names

    for note in source.notes:
        output.note(note)
    names = column_names(source.keep, model.bundle.labels.classes, every=every, task=model.task)
    own = names[len(source.keep)]
    if own.startswith("predicted_"):
        output.note(f"the data has columns called as the answers are: these are in {own!r} and so on")
    return names


def check_some_text(summary: PredictionSummary, source: RowSource, data: str) -> None:
    """Raises a :class:`DataError` if there are rows and none has a text: all answers would be the same."""
    if not 0 < summary.rows == summary.empty:
        return
    column = "" if source.columns is None else f" in the column {source.columns.text!r:.60}"
    raise DataError(
        f"No row of {'standard input' if data == '-' else data} has a text{column}",
        "Look at the data; --text names the column of the texts.",
    )


def report_scored(
    summary: PredictionSummary,
    model: str,
    data: str,
    out: Path | None,
    names: list[str],
    below: float | None,
    output: Output,
    replaced: str,
    columns: Columns | None,
    **more: Any,
) -> None:
    """Prints the numbers of rows and labels; ``more`` goes into the document."""
    from recurra.batch_prediction.sinks import written
    from recurra.data.missing_texts import MissingTexts

    speed = (summary.rows - summary.before) / summary.seconds if summary.seconds else 0.0
    missing = MissingTexts(summary.rows, summary.empty, summary.without_text)
    tell_of_missing_texts(missing, "" if columns is None else columns.text, output)
    if not summary.rows:
        output.warn(f"{'standard input' if data == '-' else data} has no rows: no text is classified.", always=True)
    if out is not None:
        output.detail(folded(f"{summary.rows:,} rows of {data} in {summary.seconds:.1f} s, {speed:,.0f} a second"))
        rows = [(cut(written(label), 40), f"{count:,}") for label, count in summary.counts]
        output.detail(aligned(rows, right=(1,)))
        if summary.unanswered:
            why = "" if below is None else f": no label is as probable as {below:g}"
            output.detail(folded(f"{summary.unanswered:,} of {summary.rows:,} rows have no label{why}"))
        output.result(f"answers: {out}{replaced}")
    output.document(
        {
            "model": model,
            "data": data,
            "rows": summary.rows,
            "seconds": summary.seconds,
            "docs_per_second": speed,
            "labels": {written(label): count for label, count in summary.counts},
            "empty": summary.empty,
            "without_text": summary.without_text,
            "unanswered": summary.unanswered,
            "resumed_after": summary.before,
            "columns": names,
            "out": str(out),
            **more,
            "notes": output.notes,
        }
    )
