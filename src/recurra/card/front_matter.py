"""The YAML front matter of a model card, as the Hugging Face Hub reads it."""

from __future__ import annotations

from recurra.card.facts import Facts
from recurra.card.markdown import quoted

__all__ = ["front_matter"]


def front_matter(facts: Facts) -> str:
    """The front matter with its two ``---`` lines.

    The Hub identifies a score by task and data set (``model-index``); the data set is named by its hash, because the
    record has no other name. Licence and language are left out: only a person knows them.
    """
    network = facts.bundle.network
    tags = ["text-classification", "recurrent-neural-network", network.cell.replace("_", "-")]
    lines = ["---", "library_name: recurra", "pipeline_tag: text-classification", "tags:"]
    lines += [f"- {quoted(tag)}" for tag in tags]
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
            "      name: " + quoted("rows held out of the training rows"),
            "      type: " + quoted(f"sha256:{facts.record.get('data_sha256', 'unknown')}"),
            "      split: validation",
            "    metrics:",
        ]
        for name, value in known:
            lines += [f"    - type: {name}", f"      value: {value:.6g}"]
    return "\n".join([*lines, "---"])
