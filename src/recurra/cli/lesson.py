"""``recurra lesson``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recurra.cli.options import DataDir, Json, PageLanguage, Quiet, whole_number
from recurra.cli.output import Output, folded
from recurra.cli.progress import Bars

if TYPE_CHECKING:
    from recurra.lesson.callback import LessonCallback

__all__ = ["EXAMPLES", "lesson"]

EXAMPLES = (
    "recurra lesson",
    "recurra lesson --models gru,lstm --epochs 3 --out runs/lesson",
    "recurra lesson --language ja",
)


def lesson(
    dataset: Annotated[
        str, typer.Option(metavar="NAME", help="A named set; auto is AG News if available, else Reuters R8.")
    ] = "auto",
    data_dir: DataDir = None,
    take: Annotated[
        int | None, typer.Option(parser=whole_number(1), metavar="N", help="Use only the first N training rows.")
    ] = None,
    take_test: Annotated[
        int | None, typer.Option(parser=whole_number(1), metavar="N", help="Use only the first N test rows.")
    ] = None,
    models: Annotated[
        str | None,
        typer.Option(
            metavar="A,B", help="Networks to train, such as gru,bilstm, or lstm,fast; default the five of the lesson."
        ),
    ] = None,
    epochs: Annotated[
        int | None,
        typer.Option(parser=whole_number(1), metavar="N", help="Number of epochs; the lesson uses one."),
    ] = None,
    seed: Annotated[int, typer.Option(parser=whole_number(0), metavar="N", help="Seed of every random choice.")] = 0,
    device: Annotated[str, typer.Option(metavar="NAME", help="Device: auto, cpu, cuda or mps.")] = "auto",
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for lesson.html and the models.")] = Path(
        "lesson-run"
    ),
    language: PageLanguage = "en",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Train the lesson's networks and show what they learn and forget."""
    from recurra.lesson.run import PAGE, run_lesson
    from recurra.lesson.table import lesson_table

    output = Output(as_json=as_json, quiet=quiet)
    named = None if models is None else [name.strip() for name in models.split(",") if name.strip()]
    with Bars(output) as bars:
        result = run_lesson(
            dataset=dataset,
            data_dir=data_dir,
            take=take,
            take_test=take_test,
            models=named,
            epochs=epochs,
            seed=seed,
            device=device,
            out=out,
            language=language,
            callback=_callback(bars),
        )
    if quiet:
        # Otherwise it was printed already.
        output.result("\n".join(map(folded, f"{lesson_table(result)}\n\n{out / PAGE}".split("\n"))))
    output.document(result)


def _callback(bars: Bars) -> LessonCallback:
    from recurra.cli.progress import TrainingBar
    from recurra.lesson.callback import LessonCallback
    from recurra.training.callbacks import Callback

    said: set[str] = set()

    class LessonBar(TrainingBar):
        def on_message(self, message: str) -> None:
            # The trainings of a lesson have the same rows, and so the same to say.
            if message not in said:
                said.add(message)
                super().on_message(message)

    class Progress(LessonCallback):
        def on_message(self, message: str) -> None:
            bars.output.detail("\n".join(map(folded, message.split("\n"))))

        def training_callback(self, title: str) -> Callback:
            return LessonBar(bars, title)

    return Progress()
