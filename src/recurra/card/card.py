"""A model card, after Mitchell et al. 2019 (Model Cards for Model Reporting, arXiv 1810.03993)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from recurra.bundle import Bundle
from recurra.card.baselines import baseline_sentences
from recurra.card.facts import Facts, imported_from, number, pretrained_vectors
from recurra.card.front_matter import front_matter
from recurra.card.limits import limits
from recurra.card.markdown import bullets, plain, quoted, table
from recurra.cells import cell_named
from recurra.data.model_columns import ModelColumns
from recurra.networks.shapes import count_parameters
from recurra.settings import NO_BASE
from recurra.tasks.examples import examples_in
from recurra.tokenizers import BUILT_IN

__all__ = ["model_card"]

# Largest number of rows in the table of classes: the card is a page for people.
SHOWN_CLASSES = 100


def model_card(
    bundle: Bundle,
    *,
    digest: str,
    address: str = "model.safetensors",
    licence: str | None = None,
    languages: Sequence[str] = (),
) -> str:
    """The card of a model as Markdown with a YAML head; the same model gives the same text.

    Args:
        bundle: the model; its record is not trusted.
        digest: the SHA-256 in the model's file, see :func:`recurra.bundle.digest_of`.
        address: what to load: the file, or ``hf://owner/name``.
        licence: of the model, for the head.
        languages: codes of the texts' languages, for the head.
    """
    facts = Facts(bundle)
    parts = [
        front_matter(facts, licence=licence, languages=languages),
        f"# {_name(bundle)}",
        _summary(bundle),
        "## Model details",
        _details(facts, digest),
        "## Intended use",
        _use(facts),
        "## Scores",
        _scores(facts),
        "## Classes",
        _classes(facts),
        "## Training data",
        _data(facts),
        *_examples(bundle),
        "## Limits",
        bullets(limits(facts)),
        "## What this card cannot know",
        bullets(
            [
                "Who wrote the texts, and whether it serves all of them alike: `recurra evaluate` each group's rows.",
                f"How good the labels are: {bundle.task.wording.doubtful} doubtful rows.",
                f"The licence of the data{'' if licence else ' and of the model'}, and what harm a wrong answer does: "
                "write them here.",
            ]
        ),
        "## Settings",
        "As a preset: kept in a `.toml` file, `recurra train DATA --model FILE.toml` trains with the same settings.",
        _settings(facts),
        "## How to load it",
        *_own_tokenizer(bundle),
        f'```python\nimport recurra\n\nmodel = recurra.load("{address}")\nmodel.predict_proba(["a text"])\n```',
        f"```console\n$ recurra predict {address} 'a text'\n```",
    ]
    return "\n\n".join(parts) + "\n"


def _name(bundle: Bundle) -> str:
    network, directions = bundle.network, "bidirectional " if bundle.network.bidirectional else ""
    beside = " and a linear branch" if bundle.branch else ""
    return f"Text classifier: {directions}{plain(cell_named(network.cell).title)}{beside}"


def _summary(bundle: Bundle) -> str:
    classes = [plain(label) for label in bundle.labels.classes]
    shown = ", ".join(classes[:10]) + (f" and {len(classes) - 10:,} more" if len(classes) > 10 else "")
    return f"Reads {_reads(bundle)} and {bundle.task.wording.summary.format(count=len(classes))}: {shown}."


def _own_tokenizer(bundle: Bundle) -> list[str]:
    if bundle.text.tokens in BUILT_IN:
        return []
    return [
        f"Its tokenizer, {plain(bundle.text.tokens)}, is not part of Recurra: `recurra.tokenizers.register` it first."
    ]


def _reads(bundle: Bundle) -> str:
    units = {"characters": "characters", "bytes": "bytes"}.get(bundle.text.tokens, "words")
    return f"{'a title' if bundle.text.field == 'title' else 'a text'} as {units}"


def _details(facts: Facts, digest: str) -> str:
    bundle, network = facts.bundle, facts.bundle.network
    count = sum(
        count_parameters(network, rows=bundle.pipeline.rows, classes=bundle.task.outputs(len(bundle.labels))).values()
    ) + (bundle.branch.W.size + bundle.branch.U.size if bundle.branch else 0)
    layers = f"{network.layers} layer{'s' if network.layers > 1 else ''} of {network.hidden} units"
    directions = ", read in both directions" if network.bidirectional else ""
    rows = [
        ("network", f"{plain(cell_named(network.cell).title)}, {layers}{directions}"),
        ("pooling", ", ".join(network.pooling)),
        *_branch(facts),
        ("parameters", f"{count:,}, stored as {bundle.weights}"),
        ("vocabulary", f"{len(bundle.vocabulary):,} tokens ({plain(bundle.text.tokens)})"),
        ("preset", plain(facts.record.get("preset") or "none")),
        ("digest in the file (not that of `sha256sum`)", f"`{digest}`"),
    ]
    if origin := imported_from(facts.record):
        rows.append(("imported from", plain(origin)))
    if said := pretrained_vectors(facts.record):
        rows.append(("embedding began with", "; ".join(map(plain, said))))
    parent = facts.part("continued")
    if parent:
        rows.append(("continued from", f"the model `{plain(parent.get('parent', 'unknown'))}`"))
    versions = facts.part("versions")
    if versions:
        rows.append(("made with", ", ".join(f"{plain(name)} {plain(versions[name])}" for name in sorted(versions))))
    return table(("", ""), rows)


def _branch(facts: Facts) -> list[tuple[str, str]]:
    """What the linear branch counts, and how its outputs and the network's are added."""
    branch, record = facts.bundle.branch, facts.part("branch")
    if branch is None:
        return []
    grams, subwords = branch.counts.values()
    parts = [f"{len(branch.vocabulary):,} tokens"]
    parts += [f"{grams:,} n-grams of up to {branch.settings.ngrams} tokens"] if grams else []
    parts += [f"{subwords:,} subwords of up to {branch.settings.subwords} characters"] if subwords else []
    rows = [("linear branch, not recurrent", f"weights of {', '.join(parts)}; its outputs are added to the network's")]
    factors = [number(record.get(f"{name}_factor")) for name in ("network", "branch")]
    if factors[0] is not None and factors[1] is not None:
        chosen = "chosen on the rows held out" if record.get("chosen_on_held_out_rows") is True else "the usual ones"
        rows.append(
            ("factors before adding", f"{factors[0]:.3g} for the network, {factors[1]:.3g} for the branch: {chosen}")
        )
    return rows


def _use(facts: Facts) -> str:
    use = facts.bundle.task.wording.use.format(count=len(facts.bundle.labels))
    return (
        f"For texts like those that it learned from, {use}. Nothing is "
        "known about texts of another kind, time or language. It is not made for decisions about people that nobody "
        "looks at again."
    )


def _scores(facts: Facts) -> str:
    rows = []
    for score in facts.bundle.task.scores:
        value, interval = facts.score(score.key), facts.interval(score.key)
        if value is not None:
            rows.append(
                (score.card or score.name, f"{value:.4f}", f"{interval[0]:.4f}–{interval[1]:.4f}" if interval else "")
            )
    if not rows:
        return "None: no rows were held out."
    held = "" if facts.held_out is None else f"{facts.held_out:,} "
    where = "held out of the training rows"
    if facts.validation_file is not None:
        where = f"{_validation_file(facts)}{'' if facts.copies else ', which were not learned from'}"
    parts = [
        f"On {held}rows {where}; no test set has been looked at.",
        *filter(None, [facts.remembered, facts.copies]),
        table(("score", "value", "95 % interval"), rows, right=(1, 2)),
    ]
    if baselines := baseline_sentences(facts):
        parts.append(" ".join(baselines))
    return "\n\n".join([*parts, *_parts_alone(facts), *_calibration(facts)])


def _parts_alone(facts: Facts) -> list[str]:
    """What network and branch are right on alone."""
    network, branch = (number(facts.part("branch").get(f"{name}_right")) for name in ("network", "branch"))
    if facts.bundle.branch is None or network is None or branch is None:
        return []
    later = ", before it learned from them as well" if facts.validation_file is None else ""
    share = number(facts.part("branch").get("language_models_share"))
    models = f" {share:.0%} of it are language models of the classes." if share else ""
    return [
        f"Alone, the recurrent network is right on {network:.1%} of these rows, and the linear branch, which is not "
        f"recurrent, on {branch:.1%}{later}.{models}"
    ]


def _calibration(facts: Facts) -> list[str]:
    temperature = number(facts.part("calibration").get("temperature"))
    if temperature is None:
        return []
    if temperature == 1:
        return [
            "Its logits are as they were trained: no temperature lowers the log loss of rows that did not choose it."
        ]
    sentence = f"Its logits are divided by a temperature of {temperature:.4g}, chosen on the same rows"
    before, crossed = (number(facts.part("calibration", one).get("ece")) for one in ("before", "cross_fitted"))
    if before is not None and crossed is not None:
        sentence += (
            f": before, the expected calibration error was {before:.4f}; with temperatures chosen on other rows than "
            f"they are measured on it is {crossed:.4f}"
        )
    return [sentence + "."]


def _classes(facts: Facts) -> str:
    labels = facts.bundle.labels.classes
    if not facts.classes:
        return bullets([plain(label) for label in labels[:SHOWN_CLASSES]])
    columns = [
        name for name in ("rows", "held_out", "precision", "recall", "f1") if any(name in c for c in facts.classes)
    ]
    titles = {"held_out": "held out", "f1": "F1"}
    rows = []
    for label, one in zip(labels[:SHOWN_CLASSES], facts.classes, strict=False):
        tested = one.get("held_out", 1) > 0
        rows.append([plain(label), *(_cell(name, one.get(name), tested=tested) for name in columns)])
    header = [facts.bundle.task.wording.each, *(titles.get(name, name) for name in columns)]
    for title, cells in facts.bundle.task.card_columns().items():
        header.append(title)
        for row, cell in zip(rows, cells, strict=False):
            row.append(cell)
    shown = table(header, rows, right=range(1, len(header)))
    left = len(labels) - SHOWN_CLASSES
    return shown if left <= 0 else f"{shown}\n\n{left:,} more classes are not shown."


def _cell(name: str, value: float | None, *, tested: bool) -> str:
    if value is None or (name in ("precision", "recall", "f1") and not tested):
        return "–"
    return f"{value:,.0f}" if name in ("rows", "held_out") else f"{value:.3f}"


def _data(facts: Facts) -> str:
    rows = []
    given = facts.validation_file is not None
    if facts.rows is not None:
        held = "" if facts.held_out is None or given else f", {facts.held_out:,} of them held out"
        rows.append(("rows", f"{facts.rows:,}{held}"))
    if given:
        unknown = number(facts.part("validation_data").get("unknown_labels")) or 0
        left = f"; {unknown:,.0f} more have a label that training never saw" if unknown else ""
        held = "" if facts.held_out is None else f"{facts.held_out:,} "
        rows.append(("rows held out", f"{held}{_validation_file(facts)}{left}"))
    if (columns := ModelColumns.from_record(facts.record)) is not None:
        named = [f"{role} {plain(name)}" for role, name in columns.by_role.items() if name is not None]
        rows.append(("columns", ", ".join(named)))
    if "data_sha256" in facts.record:
        rows.append(("SHA-256 of the rows", f"`{plain(facts.record['data_sha256'])}`"))
    cleaning = facts.part("cleaning")
    excluded, relabelled = (number(cleaning.get(name)) for name in ("excluded", "relabelled"))
    if excluded is not None and relabelled is not None:
        rows.append(("decided by people", f"{excluded:,.0f} rows left out, {relabelled:,.0f} labels changed"))
    chain = facts.part("continued").get("chain")
    for one in chain if isinstance(chain, list) else []:
        if isinstance(one, dict):
            rows.append(("before that", f"{plain(one.get('rows'))} rows, `{plain(one.get('data_sha256'))}`"))
    known = table(("", ""), rows) if rows else "The record does not say."
    return "\n\n".join([known, *_held_texts(facts.bundle)])


def _held_texts(bundle: Bundle) -> list[str]:
    """What of the training texts whoever has the file can read."""
    if bundle.text.tokens not in ("characters", "bytes"):
        held = "The vocabulary in the model file is words of these texts, names and numbers among them"
    elif bundle.branch is not None:
        held = "The model file holds short pieces of these texts, parts of names and numbers among them"
    else:
        return []
    return [f"{held}: whoever has the file can read them."]


def _examples(bundle: Bundle) -> list[str]:
    """Rows held out that the file keeps, where whoever trained it asked for that."""
    rows = [
        (one["kind"], plain(one["text"]), _labels(one["label"]), _labels(one["answer"]), f"{one['probability']:.3f}")
        for one in examples_in(bundle.record)
    ]
    if not rows:
        return []
    return [
        "## Examples",
        f"{len(rows):,} rows held out are kept in the model file with their texts, by `--keep-examples`.",
        table(("kind", "text", "label", "answer", "probability"), rows, right=(4,)),
    ]


def _labels(value: Any) -> str:
    return ", ".join(map(plain, value)) if isinstance(value, list) else "–" if value is None else plain(value)


def _validation_file(facts: Facts) -> str:
    return f"of `{plain(facts.validation_file)}`" if facts.validation_file else "given to validate on"


def _settings(facts: Facts) -> str:
    groups = {
        "text": facts.bundle.text.to_dict(),
        "network": facts.bundle.network.to_dict(),
        **({"branch": facts.bundle.branch.settings.to_dict()} if facts.bundle.branch else {}),
        "training": facts.part("training"),
    }
    lines = ["```toml", 'about = "The settings of this model."', f"base = {quoted(NO_BASE)}"]
    for title, values in groups.items():
        lines += ["", f"[{title}]"]
        lines += [f"{name} = {_toml(value)}" for name, value in sorted(values.items()) if _is_setting(name, value)]
    return "\n".join([*lines, "```"])


def _is_setting(name: str, value: Any) -> bool:
    """Whether a setting can be written to a preset. TOML has no null: settings without a value are left out."""
    values = value if isinstance(value, list) else [value]
    return name.isidentifier() and name.isascii() and all(isinstance(one, str | int | float) for one in values)


def _toml(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return quoted(value) if isinstance(value, str) else json.dumps(value)
