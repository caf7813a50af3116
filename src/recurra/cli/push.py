"""``recurra push``."""

from __future__ import annotations

from typing import Annotated

import typer

from recurra.cli.options import Json, ModelArgument, Quiet, model_name
from recurra.cli.output import Output

__all__ = ["EXAMPLES", "push"]

EXAMPLES = (
    "recurra push runs/tickets/model.safetensors owner/tickets --private",
    "recurra push tickets.safetensors owner/tickets --license mit --language en",
)


def push(
    model: ModelArgument,
    repository: Annotated[
        str, typer.Argument(metavar="OWNER/NAME", help="Repository on the Hugging Face Hub, which is made if need be.")
    ],
    private: Annotated[bool, typer.Option("--private", help="Only its owner may see the repository.")] = False,
    licence: Annotated[
        str | None, typer.Option("--license", metavar="ID", help="License of the model for the card, such as mit.")
    ] = None,
    languages: Annotated[
        list[str] | None,
        typer.Option("--language", metavar="CODE", help="Language of the texts for the card, such as en; repeatable."),
    ] = None,
    keep_card: Annotated[bool, typer.Option("--keep-card", help="Leave a README.md that is there as it is.")] = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write a model and its card to the Hugging Face Hub.

    recurra.load("hf://OWNER/NAME") and every command read it from there. Log in first: hf auth login, or HF_TOKEN.
    """
    from recurra.hub import push as push_model

    output = Output(as_json=as_json, quiet=quiet)
    pushed = push_model(
        model,
        repository,
        private=private,
        licence=licence,
        languages=languages or (),
        keep_card=keep_card,
        quiet=quiet,
    )
    output.detail(f"files: {', '.join(pushed.files)}{', seen by its owner alone' if pushed.private else ''}")
    output.detail(f"commit: {pushed.url}")
    output.result(f"model: {pushed.address}")
    output.document(
        {"model": model_name(model), "bytes": model.stat().st_size, **pushed._asdict(), "notes": output.notes}
    )
