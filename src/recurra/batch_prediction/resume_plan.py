"""What a run's output depends on: a run goes on only with what the earlier one had."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from recurra.errors import RecurraError

__all__ = ["CONTENTS", "check_same_plan"]

CONTENTS = "contents of "
"""How the names of digests begin, which say nothing to anybody and are not shown."""

# Number of names that are shown.
_SHOWN = 5


def check_same_plan(
    out: Path,
    before: Mapping[str, Any],
    now: Mapping[str, Any],
    *,
    otherwise: str = "leave out --resume to start again",
) -> None:
    """Refuses to go on with what was begun otherwise.

    Args:
        out: the output file or folder.
        before: the plan of the earlier run: values by their names, as they are to be read in a message.
        now: the plan of this run.
        otherwise: what to do instead of giving the same, for the hint.

    Raises:
        RecurraError: a value differs; the first one is named.
    """
    for name in [*before, *now]:
        if before.get(name) != now.get(name):
            raise RecurraError(
                f"{out} was begun with {_difference(name, before.get(name), now.get(name))}",
                f"Give the same as then, or {otherwise}.",
            )


def _difference(name: str, before: Any, now: Any) -> str:
    if name.startswith(CONTENTS):
        return f"other {name}"
    if isinstance(before, list) and isinstance(now, list):
        gone = [one for one in before if one not in now]
        new = [one for one in now if one not in before]
        parts = [f"{word}: {_names(ones)}" for word, ones in (("missing now", gone), ("new", new)) if ones]
        return f"other {name}, {'; '.join(parts) or 'the same ones in another order'}"
    then = f"no {name}" if before is None else f"{name} {_shown(before)}"
    return f"{then}, and this run has {'none' if now is None else _shown(now)}"


def _names(ones: Sequence[Any]) -> str:
    more = f" and {len(ones) - _SHOWN} more" if len(ones) > _SHOWN else ""
    return ", ".join(map(_shown, ones[:_SHOWN])) + more


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:78]}…{text[-1]}"
