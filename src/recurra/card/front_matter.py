"""The YAML front matter of a model card, as the Hugging Face Hub reads it."""

from __future__ import annotations

from collections.abc import Sequence

from recurra.card.facts import Facts
from recurra.card.markdown import quoted
from recurra.text.segmenters import SEGMENTERS

__all__ = ["front_matter"]


def front_matter(facts: Facts, *, licence: str | None = None, languages: Sequence[str] = ()) -> str:
    """The front matter with its two ``---`` lines.

    The Hub identifies a score by task and data set (``model-index``); the data set is named by its hash, because the
    record has no other name.

    Args:
        facts: of the model.
        licence: of the model; left out if ``None``: only a person knows it.
        languages: codes of the texts' languages. A word segmenter's language is known without.
    """
    network = facts.bundle.network
    tags = ["text-classification", "recurrent-neural-network", network.cell.replace("_", "-")]
    lines = ["---", "library_name: recurra", "pipeline_tag: text-classification", "tags:"]
    lines += [f"- {quoted(tag)}" for tag in tags]
    if licence is not None:
        lines.append(f"license: {quoted(licence)}")
    tokens = facts.bundle.text.tokens
    if named := languages or ([SEGMENTERS[tokens].code] if tokens in SEGMENTERS else []):
        lines += ["language:", *(f"- {quoted(code)}" for code in named)]
    scores = [(name, facts.score(name)) for name in ("accuracy", "macro_f1", "log_loss", "ece")]
    known = [(name, value) for name, value in scores if value is not None]
    if known:
        lines += [
            "model-index:",
            "- name: " + quoted(f"recurra {network.cell}"),
            "  results:",
            "  - task:",
            "      type: text-classification",
            "    dataset:",
            "      name: " + quoted(facts.validation_file or "rows held out of the training rows"),
            "      type: " + quoted(f"sha256:{facts.record.get('data_sha256', 'unknown')}"),
            "      split: validation",
            "    metrics:",
        ]
        for name, value in known:
            lines += [f"    - type: {name}", f"      value: {value:.6g}"]
    return "\n".join([*lines, "---"])
