"""``recurra info``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recurra.cli.options import Json, Quiet, model_file, model_name
from recurra.cli.output import Output, cut, definitions
from recurra.cli.preset_info import named_preset, show_preset
from recurra.errors import SettingsError

if TYPE_CHECKING:
    from recurra.card.facts import Facts
    from recurra.tasks import Task

__all__ = ["EXAMPLES", "info"]

EXAMPLES = (
    "recurra info runs/tickets/model.safetensors",
    "recurra info runs/tickets/model.safetensors --card > model-card.md",
    "recurra info default",
)


def info(
    model: Annotated[
        Path,
        typer.Argument(
            parser=model_file,
            metavar="MODEL",
            help="A model file or hf://OWNER/NAME; or a preset, such as default or your own .toml file.",
        ),
    ],
    card: Annotated[bool, typer.Option("--card", help="Print the model card in Markdown instead.")] = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Show the contents of a model file, or the settings of a preset."""
    output = Output(as_json=as_json, quiet=quiet)
    if (preset := named_preset(model)) is not None:
        if card:
            raise SettingsError(f"--card is given with the preset {preset}", "Give a model file, or leave it out.")
        show_preset(preset, output)
        return
    from recurra.bundle import digest_of
    from recurra.card.facts import Facts
    from recurra.presets.load import presets_like
    from recurra.runtime import load

    if not model.exists() and (meant := presets_like(str(model))):
        raise SettingsError(
            f"There is no model file and no preset {model_name(model)!r:.80}", f"Did you mean {' or '.join(meant)}?"
        )
    loaded = load(model)
    digest = digest_of(model)
    known = {"model": model_name(model), "bytes": model.stat().st_size, **loaded.info, "digest": digest}
    if card:
        from recurra.card import model_card

        text = model_card(loaded.bundle, digest=digest)
        output.result(text.rstrip("\n"))
        output.document({**known, "card": text})
        return
    output.detail(definitions(_about(known, Facts(loaded.bundle), loaded.task)))
    output.detail("")
    output.result(loaded.summary())
    output.document(known)


def _about(known: dict[str, Any], facts: Facts, task: Task) -> list[tuple[str, str]]:
    """Names and values of the main facts; a record may lack any of them or hold other types."""
    record, text, network = known["record"], known["text"], known["network"]
    classes = [str(label) for label in known["classes"]]
    rows = [("preset", str(record.get("preset") or "none")), (f"{len(classes)} classes", _listed(classes))]
    if facts.rows is not None:
        rows.append(("trained on", f"{facts.rows:,} rows{_held_out(facts)}"))
    scores = record.get("scores")
    for part, values in (scores if isinstance(scores, dict) else {}).items():
        if isinstance(values, dict) and values:
            numbers = [
                f"{score.printed_name} {value:.4g}"
                for score in task.scores
                if score.printed and isinstance(value := values.get(score.key), int | float)
            ]
            rows.append((part, ", ".join(numbers)))
            if part == "validation" and facts.remembered:
                rows.append(("", facts.remembered))
    pads = "left out" if network["masked"] else f"read as words up to {known['pad_to']} tokens"
    most = f", the first {text['max_tokens']:,} tokens" if text["max_tokens"] else ""
    by_branch = (known["branch"] or {}).get("branch_max_tokens")
    if most and by_branch and by_branch > text["max_tokens"]:
        most += f" (the linear branch {by_branch:,})"
    rows += [
        ("reads", f"{_read(record, text['field'])}{most}"),
        *_columns(record),
        ("tokens", f"{text['tokens']}, {known['vocabulary']:,} in the vocabulary"),
        *_imported(record),
        *_chosen(record),
        *_vectors(record),
        *_branch(known),
        ("pads", pads),
        ("file", f"{known['weights']} weights, {known['bytes']:,} bytes"),
    ]
    versions = record.get("versions")
    if isinstance(versions, dict):
        rows.append(("made with", ", ".join(f"{name} {number}" for name, number in versions.items())))
    return [(name, cut(value, 240)) for name, value in rows]


def _read(record: Mapping[str, Any], field: str) -> str:
    """What of a document is read."""
    from recurra.data.model_columns import learned_from_titles

    if field == "title":
        return "titles"
    return "texts" if "columns" in record and not learned_from_titles(record) else "title and text"


def _held_out(facts: Facts) -> str:
    """Text after the number of training rows on those held out."""
    if facts.held_out is None:
        return ""
    if facts.validation_file is None:
        return f", {facts.held_out:,} of them held out"
    where = f" of {facts.validation_file}" if facts.validation_file else ""
    return f"; held out were {facts.held_out:,} others{where}"


def _listed(names: list[str]) -> str:
    """The first names, at most about 120 columns, and how many more there are."""
    shown: list[str] = []
    for name in (cut(one, 40) for one in names):
        if sum(map(len, shown)) + 2 * len(shown) + len(name) > 120:
            return f"{', '.join(shown)}, … {len(names) - len(shown):,} more"
        shown.append(name)
    return ", ".join(shown)


def _columns(record: dict[str, Any]) -> list[tuple[str, str]]:
    """The names of the columns that the model learned from, if they are known."""
    from recurra.data.model_columns import ModelColumns

    columns = ModelColumns.from_record(record)
    if columns is None:
        return []
    return [("columns", ", ".join(f"{role} {name!r}" for role, name in columns.by_role.items() if name is not None))]


def _imported(record: dict[str, Any]) -> list[tuple[str, str]]:
    """The file of another program that the model was imported from, if it was."""
    from recurra.card.facts import imported_from

    origin = imported_from(record)
    return [] if origin is None else [("imported", origin)]


def _chosen(record: dict[str, Any]) -> list[tuple[str, str]]:
    """Why training chose words or characters, if it did."""
    tokens = record.get("tokens")
    reason = tokens.get("reason") if isinstance(tokens, dict) else None
    return [("chosen", reason)] if isinstance(reason, str) else []


def _vectors(record: dict[str, Any]) -> list[tuple[str, str]]:
    """What the embedding began with, if it was not random numbers."""
    from recurra.card.facts import pretrained_vectors

    return [("vectors" if place == 0 else "", said) for place, said in enumerate(pretrained_vectors(record))]


def _branch(known: dict[str, Any]) -> list[tuple[str, str]]:
    """What the linear branch counts, and what the record says of it, if there is one."""
    branch, found = known.get("branch"), known["record"].get("branch")
    if branch is None:
        return []
    counted = [f"{known['vocabulary']:,} tokens"]
    if branch["known_ngrams"]:
        counted.append(f"{branch['known_ngrams']:,} n-grams of up to {branch['ngrams']} tokens")
    if branch["known_subwords"]:
        counted.append(f"{branch['known_subwords']:,} subwords of up to {branch['subwords']} characters")
    rows = [("linear branch", f"not recurrent; weights of {', '.join(counted)}")]
    record = found if isinstance(found, dict) else {}
    for title, name, form in (("factors", "factor", "{:.3g}"), ("right alone", "right", "{:.4f} of the rows held out")):
        values = {part: record.get(f"{part}_{name}") for part in ("network", "branch")}
        if all(isinstance(value, int | float) for value in values.values()):
            rows.append((title, ", ".join(f"{part} {form.format(value)}" for part, value in values.items())))
    share = record.get("language_models_share")
    if isinstance(share, int | float):
        rows.append(("of the branch", f"{100 * share:.0f} % language models of the classes"))
    return rows
