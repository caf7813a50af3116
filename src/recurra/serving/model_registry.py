"""The models of a service by name. A request can only name one of these, never a path."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from recurra.errors import SettingsError
from recurra.hub import PREFIX, HubAddress, local_path
from recurra.runtime import Model
from recurra.serving.http_errors import RequestError
from recurra.serving.served_model import ServedModel

__all__ = ["ModelRegistry", "paths_by_name"]


class ModelRegistry:
    """Models by name, in the order given. A model can be replaced; names are neither added nor removed.

    Args:
        models: one or more.
        make: warms up a model under its name; any thread may call it.
        replaced: called with the names of models that have been replaced, on the event loop.
    """

    def __init__(
        self,
        models: Mapping[str, Model],
        make: Callable[[str, Model], ServedModel],
        replaced: Callable[[Sequence[str]], None],
    ) -> None:
        self.make, self._replaced = make, replaced
        self._served = {name: make(name, model) for name, model in models.items()}

    @property
    def models(self) -> Mapping[str, Model]:
        """The current models by name."""
        return {name: served.model for name, served in self._served.items()}

    @property
    def served(self) -> tuple[ServedModel, ...]:
        """The current models, warmed up."""
        return tuple(self._served.values())

    def find(self, name: str | None) -> ServedModel:
        """The current model of a name, or the first one if it is ``None``. Ask once for each answer, and keep it.

        Raises:
            RequestError: 404, there is no such model.
        """
        return self._served[self.resolve(name)]

    def resolve(self, name: str | None) -> str:
        """The given name, or the name of the first model if it is ``None``.

        Raises:
            RequestError: 404, there is no such model.
        """
        if name is None:
            return next(iter(self._served))
        if name not in self._served:
            known = ", ".join(self._served)
            raise RequestError(404, f"There is no model {name!r:.80}", f"The models are {known:.300}.")
        return name

    def start(self) -> None:
        """Starts to answer. Call it on the event loop."""
        for served in self._served.values():
            served.batcher.start()

    async def close(self) -> None:
        """Computes what was accepted, and ends the models' threads."""
        for served in self._served.values():
            await served.batcher.close()

    def replace(self, served: Sequence[ServedModel]) -> None:
        """Lets other models answer from now on, under the names they were made for. Call it on the event loop.

        Requests in progress are answered by the models that they began with.
        """
        for one in served:
            one.batcher.start()
            self._served[one.name] = one
        self._replaced([one.name for one in served])

    def to_dict(self) -> dict[str, Any]:
        """Name, digest and description of every model, as plain JSON values."""
        return {"models": [{"name": one.name, "digest": one.digest, **one.model.info} for one in self.served]}


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
