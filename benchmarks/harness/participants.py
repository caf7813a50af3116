"""Which peers there are, and the ways that each is tried in before the fastest is taken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from recurra.errors import SettingsError

__all__ = ["PEERS", "TASKS", "Peer", "chosen_peers"]

TASKS = ("train", "predict", "latency")

Options = dict[str, Any]


@dataclass(frozen=True)
class Peer:
    """A peer.

    Attributes:
        name: on the command line.
        programs: the file in ``peers/`` for each task that it takes part in.
        ways: for a task and a number of processors, the options of the ways to try.
        pools: whether it takes the largest and the mean state as well as the last.
    """

    name: str
    programs: dict[str, str]
    ways: Callable[[str, int], list[Options]]
    pools: bool = False


def _threads(processors: int) -> list[int]:
    return sorted({1, processors})


def _keras(task: str, processors: int) -> list[Options]:
    if task == "train":
        return [{"way": "fit", "threads": n} for n in _threads(processors)]
    sizes = (32, 128, 512) if task == "predict" else (1,)
    return [{"batch": size, "threads": n} for size in sizes for n in _threads(processors)]


def _keras_plain(task: str, processors: int) -> list[Options]:
    # Keras's own default batch size, and no sorting: what a call of predict does by itself.
    return [{"batch": 32, "plain": True, "threads": n} for n in _threads(processors)]


def _keras_steps(task: str, processors: int) -> list[Options]:
    return [{"way": "train_on_batch", "threads": n} for n in _threads(processors)]


def _batched(task: str, processors: int) -> list[Options]:
    sizes = (16, 64, 256) if task == "predict" else (1,)
    return [{"batch": size, "threads": n} for size in sizes for n in _threads(processors)]


def _torch(task: str, processors: int) -> list[Options]:
    if task == "train":
        return [{"packed": False, "threads": n} for n in _threads(processors)]
    return _batched(task, processors)


def _packed(task: str, processors: int) -> list[Options]:
    return [{"packed": True, "threads": n} for n in _threads(processors)]


def _peak(task: str, processors: int) -> list[Options]:
    return [{"threads": processors}]


def _one_way(task: str, processors: int) -> list[Options]:
    return [{}]


def _for_predicting(program: str) -> dict[str, str]:
    return {"predict": program, "latency": program}


PEERS = {
    peer.name: peer
    for peer in (
        Peer("keras", {"train": "keras_training", **_for_predicting("keras_prediction")}, _keras),
        Peer("keras-plain", {"predict": "keras_prediction"}, _keras_plain),
        Peer("keras-steps", {"train": "keras_training"}, _keras_steps),
        Peer("torch", {"train": "torch_training", **_for_predicting("torch_prediction")}, _torch),
        Peer("packed", {"train": "torch_training"}, _packed),
        Peer("peak", {"train": "matrix_product"}, _peak),
        Peer("onnxruntime", _for_predicting("onnx_prediction"), _batched, pools=True),
        Peer("fasttext", _for_predicting("fasttext_prediction"), _one_way),
        Peer("linear", _for_predicting("linear_prediction"), _one_way),
    )
}


def chosen_peers(names: Sequence[str] | None, task: str) -> list[Peer]:
    """The peers of a task, or those of them that are named.

    Raises:
        SettingsError: a name that is no peer's of this task.
    """
    known = {name: peer for name, peer in PEERS.items() if task in peer.programs}
    if names is None:
        return list(known.values())
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        raise SettingsError(
            f"{task} has no peer {unknown[0]!r:.80}" if unknown else "No peer is named",
            f"Its peers are {', '.join(known)}.",
        )
    return [known[name] for name in dict.fromkeys(names)]
