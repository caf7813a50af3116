"""``recurra export``."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from recurra.cli.data_argument import ReadOptions, read_data
from recurra.cli.export_output import Exactness, export_values, show_export
from recurra.cli.export_page import ExportedPage
from recurra.cli.given_files import check_output_file, replacing
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
from recurra.cli.output import Output
from recurra.errors import SettingsError
from recurra.folders import made_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt

    from recurra.bundle import Bundle
    from recurra.data.documents import Document
    from recurra.evaluation.paired import ScoreChange
    from recurra.export import ExportedModel
    from recurra.runtime import Model
    from recurra.tasks import Task

__all__ = ["EXAMPLES", "export"]

EXAMPLES = (
    "recurra export tickets.safetensors --int8 --out small.safetensors test.csv",
    "recurra export tickets.safetensors --int8 --out small.safetensors",
    "recurra export tickets.safetensors --onnx --out tickets.onnx test.csv",
    "recurra export tickets.safetensors --onnx --int8 --out tickets.onnx",
    "recurra export tickets.safetensors --web --out site",
)

ENDINGS = {"int8": ".safetensors", "onnx": ".onnx"}
WRITTEN = {"int8": "a model file of recurra", "onnx": "an ONNX file"}


def export(
    context: typer.Context,
    model: ModelArgument,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Output file, or folder of a page.")],
    data: Annotated[
        str | None,
        typer.Argument(
            metavar="DATA",
            help="Labelled rows to measure the change of accuracy: a file, a folder per class, - or a named set.",
        ),
    ] = None,
    onnx: Annotated[
        bool,
        typer.Option("--onnx", help="Write an ONNX file, and a Python file that needs only onnxruntime and NumPy."),
    ] = False,
    web: Annotated[
        bool,
        typer.Option("--web", help="Write a folder with a page that classifies in a browser, for any file server."),
    ] = False,
    int8: Annotated[
        bool,
        typer.Option("--int8", help="Write int8 weights, about a quarter of the size; alone, in a model file."),
    ] = False,
    runtime: Annotated[
        Path | None,
        typer.Option(
            "--runtime",
            metavar="PATH",
            help="With --web: npm's file of onnxruntime-web, or a folder that has it, instead of fetching it with npm.",
        ),
    ] = None,
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
    form = _format(out, onnx=onnx, web=web, int8=int8, context=context)
    if runtime is not None and not web:
        raise SettingsError(f"--runtime {runtime} is given without --web", "Leave it out: a page alone has it.")
    if form == "web":
        from recurra.export.web_page import check_page_folder

        check_page_folder(out)
    else:
        read = {"the model": model, "DATA": Path(data) if data else None}
        check_output_file(out, read, ending=ENDINGS[form], kind=WRITTEN[form])
    from recurra.export import check_answers, check_equal, odd_documents, program_path
    from recurra.runtime import load

    program = program_path(out) if form == "onnx" else None
    output = Output(as_json=as_json, quiet=quiet)
    loaded = load(model)
    exported = _exported(form, loaded.bundle, int8=int8)
    browser_runtime = {}
    if form == "web":
        from recurra.export.web_runtime import read_runtime

        browser_runtime = read_runtime(runtime, output.note)
    reading = ReadOptions(text, title, label, encoding, data_dir, format_name, loaded.task.label_cells)
    rows = _rows(loaded, data, reading, label_separator, output)
    before = predict_with_progress(loaded.predict_proba, rows.documents, output)
    after = predict_with_progress(exported.predict, rows.documents, output)
    apart = check_answers(before, after, task=loaded.task)
    scores = rows.change(before, after, loaded.task)
    exactness = None
    if form != "int8":
        odd = odd_documents(loaded.bundle.pipeline)
        exactness = Exactness(
            len(rows.documents) + len(odd), check_equal(exported.bundle, [*rows.documents, *odd], exported.predict)
        )

    sizes = {"before": model.stat().st_size, "after": len(exported.data)}
    page = None
    if form == "web":
        page = ExportedPage.of(exported, model_name(model), rows.documents, browser_runtime)
        replaced = page.write(out)
    else:
        replaced = replacing(out)
        with made_folder(out.parent):
            exported.save(out)
    show_export(exported, sizes, rows.source, apart, scores, exactness, output)
    if page is not None:
        page.show(output)
    if program is not None:
        output.result(f"program: {program}")
    output.result(f"{'model' if page is None else 'page'}: {out}{replaced}")
    if page is not None:
        output.result(f"see it: python -m http.server --directory {shlex.quote(str(out))}")
    output.document(
        {
            "model": model_name(model),
            "out": str(out),
            "format": form,
            "weights": exported.bundle.weights,
            "bytes": sizes,
            "data": rows.source if data else None,
            **export_values(apart, scores, exactness),
            "program": None if program is None else str(program),
            "page": None if page is None else page.values(),
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


def _format(out: Path, *, onnx: bool, web: bool, int8: bool, context: typer.Context) -> str:
    """The output format that was chosen."""
    if (onnx or web or int8) and not (onnx and web):
        return "onnx" if onnx else "web" if web else "int8"
    if onnx:
        received = "--onnx and --web were given. Give one of them"
    else:
        kind = {".onnx": "--onnx", ".safetensors": "--int8", "": "--web"}.get(out.suffix.casefold())
        others = " and ".join(option for option in ("--int8", "--onnx", "--web") if option != kind)
        received = "nothing was given. Give --int8, --onnx or --web"
        if kind is not None:
            received = f"nothing was given. For {str(out)!r:.80} give {kind}; the others are {others}"
    raise typer.BadParameter(
        received,
        ctx=context,
        param_hint="the format",
    )


def _exported(form: str, bundle: Bundle, *, int8: bool) -> ExportedModel:
    from recurra.export import export_int8, export_onnx

    return export_int8(bundle) if form == "int8" else export_onnx(bundle, int8=int8)


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

    output.note(
        "There are no labelled rows, and random texts are far from real ones: give DATA, such as test.csv, for changes "
        "to rely on, that of accuracy among them."
    )
    generated = generated_documents(model.bundle.pipeline)
    return _Rows(generated, None, "texts drawn at random from the model's vocabulary")
