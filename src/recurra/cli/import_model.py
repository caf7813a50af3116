"""``recurra import``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recurra.cli.given_files import check_output_file, replacing
from recurra.cli.options import Json, Quiet, whole_number
from recurra.cli.output import Output, aligned
from recurra.folders import made_folder

if TYPE_CHECKING:
    from recurra.importing.imported import Imported

__all__ = ["EXAMPLES", "import_model"]

EXAMPLES = (
    "recurra import news.keras --labels World,Sports,Sci --out news.safetensors",
    "recurra import news.h5 --vocabulary words.txt --out news.safetensors",
)


def import_model(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="A Sequential model of Keras (.keras, .h5), or a state dict of torch (.safetensors)."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Model file to write.")],
    vocabulary: Annotated[
        Path | None,
        typer.Option(
            "--vocabulary",
            metavar="FILE",
            help="Where FILE has none: a token in each line, as get_vocabulary() lists them.",
        ),
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(
            "--labels",
            metavar="NAMES",
            help="Labels in the order of the outputs: a,b,c, or a file with one in each line; default 0, 1, 2, ….",
        ),
    ] = None,
    tokens: Annotated[
        str | None,
        typer.Option(
            "--tokens", metavar="KIND", help="How texts are cut, such as words; lesson is Keras's TextVectorization."
        ),
    ] = None,
    pad_to: Annotated[
        int | None,
        typer.Option(
            "--pad-to",
            parser=whole_number(0),
            metavar="N",
            help="Length of shorter texts, with pads that the network reads as words.",
        ),
    ] = None,
    pooling: Annotated[
        str | None,
        typer.Option(
            "--pooling", metavar="NAMES", help="How states become one vector, of a state dict: last, max or mean."
        ),
    ] = None,
    multi_label: Annotated[
        bool,
        typer.Option("--multi-label", help="Read each output by a sigmoid, of a state dict: several labels a text."),
    ] = False,
    embedding: Annotated[
        str | None,
        typer.Option("--embedding", metavar="NAME", help="The embedding's weight, if two may be meant."),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Make a model file of a Keras model or a state dict of torch.

    A state dict needs --tokens and --pooling, which it does not say itself, and --vocabulary unless it reads bytes.
    """
    check_output_file(out, {"FILE": file, "the vocabulary": vocabulary})
    from recurra.bundle import write_bundle
    from recurra.importing.model import import_for_command
    from recurra.importing.options import ImportOptions

    output = Output(as_json=as_json, quiet=quiet)
    options = ImportOptions(
        vocabulary=vocabulary,
        labels=labels,
        tokens=tokens,
        pad_to=pad_to,
        pooling=pooling,
        multi_label=multi_label,
        embedding=embedding,
    )
    imported = import_for_command(file, options)
    for note in imported.notes:
        output.note(note)
    parameters = sum(weight.size for weight in imported.bundle.tensors.values())
    output.detail(_table(imported))
    replaced = replacing(out)
    with made_folder(out.parent):
        write_bundle(imported.bundle, out)
    output.result(f"model: {out}{replaced}")
    output.document(
        {
            "model": str(file),
            "out": str(out),
            "format": imported.format,
            "bytes": {"before": file.stat().st_size, "after": out.stat().st_size},
            "parameters": parameters,
            "layers": [layer._asdict() for layer in imported.layers],
            "notes": output.notes,
        }
    )


def _table(imported: Imported) -> str:
    """The layers of the imported network."""
    rows = [(layer.name, layer.kind, f"{layer.parameters:,}") for layer in imported.layers]
    return aligned([("layer", "", "parameters"), *rows], right=(2,), flexible=0)
