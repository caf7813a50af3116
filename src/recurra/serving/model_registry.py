"""The models of a service by name. A request can only name one of these, never a path."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recurra.data.documents import Label
from recurra.errors import SettingsError
from recurra.hub import PREFIX, HubAddress, local_path
from recurra.runtime import Model
from recurra.serving.http_errors import RequestError

__all__ = ["ModelRegistry", "json_predictor", "paths_by_name"]


@dataclass(frozen=True)
class ModelRegistry:
    """Models by name, in the order given.

    Attributes:
        models: one or more.
    """

    models: Mapping[str, Model]

    def resolve(self, name: str | None) -> str:
        """The given name, or the name of the first model if it is ``None``.

        Raises:
            RequestError: 404, there is no such model.
        """
        if name is None:
            return next(iter(self.models))
        if name not in self.models:
            known = ", ".join(self.models)
            raise RequestError(404, f"There is no model {name!r:.80}", f"The models are {known:.300}.")
        return name

    def to_dict(self) -> dict[str, Any]:
        """Name and description of every model, as plain JSON values."""
        return {"models": [{"name": name, **model.info} for name, model in self.models.items()]}


def json_predictor(model: Model) -> Callable[[list[str]], Sequence[bytes]]:
    """A function from texts to results as JSON bytes: the label or labels, and the probability of every class."""
    labels = [json.dumps(label, ensure_ascii=False).encode("utf-8", "replace") for label in model.bundle.labels.classes]
    # Labels as JSON keys; nine digits tell any two float32 numbers apart.
    pairs = b",".join(_key(label).replace(b"%", b"%%") + b":%.9g" for label in model.bundle.labels.classes)
    template = b'{"%b":' % model.task.key.encode() + b'%b,"probabilities":{' + pairs + b"}}"

    def answer(texts: list[str]) -> Sequence[bytes]:
        rows = model.predict_proba(texts)
        given = model.task.decide(rows).format(labels, one=bytes, none=b"null", many=_list)
        return [template % (one, *row) for one, row in zip(given, rows.tolist(), strict=True)]

    return answer


def _list(words: Sequence[bytes]) -> bytes:
    return b"[" + b",".join(words) + b"]"


def _key(label: Label) -> bytes:
    text = label if isinstance(label, str) else json.dumps(label)
    return json.dumps(text, ensure_ascii=False).encode("utf-8", "replace")


def paths_by_name(words: Sequence[str], *, quiet: bool = False) -> dict[str, Path]:
    """The paths of model files by the models' names.

    Args:
        words: paths, or NAME=PATH. A file model.safetensors is named after its folder, any other after itself; a model
            on the hub, ``hf://owner/name``, after its repository.
        quiet: shows no progress of fetching.

    Raises:
        HubError: the hub does not give a file.
        SettingsError: a name is empty, unprintable or given twice.
    """
    named: dict[str, Path] = {}
    for word in words:
        path, name = Path(word), ""
        if word.startswith(PREFIX):
            path, name = Path(local_path(word, quiet=quiet)), HubAddress.parse(word).repository.partition("/")[2]
        elif "=" in word and not path.exists():
            name, _, rest = word.partition("=")
            path = Path(local_path(rest, quiet=quiet))
        elif path.stem == "model":
            name = path.absolute().parent.name
        name = name.strip() or path.stem
        if not name or not name.isprintable() or len(name) > 80:
            raise SettingsError(f"The model {word!r:.200} has no name that can be shown", "Write NAME=PATH.")
        if name in named:
            raise SettingsError(
                f"Two models are called {name!r}: {named[name]} and {path}", f"Write NAME=PATH, such as other={path}."
            )
        named[name] = path
    return named
