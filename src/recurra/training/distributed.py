"""Training by several processes that torchrun has started: which one this is, sums over all, what one tells all.

Everything that travels goes through torch.distributed: gloo between CPUs, NCCL between GPUs. All processes read the
same rows, take the same steps and have the same weights; each computes a part of every batch, and the first one alone
writes files and prints.
"""

from __future__ import annotations

import atexit
import functools
import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from recurra.errors import SettingsError, TrainingError

if TYPE_CHECKING:
    from torch import Tensor

__all__ = [
    "HEADER",
    "LostProcessError",
    "Processes",
    "Started",
    "Stop",
    "is_first_to_fail",
    "joined",
    "prints",
    "started",
]

# What torchrun tells each process, and other launchers as well.
VARIABLES = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
# After which a process that neither answers nor has closed its connections is given up: torch's own limit. The others
# wait while the first one learns the linear branch.
PATIENCE = timedelta(minutes=30)
# For the line of an error: the processes' common store answers at once or is gone.
SHORT = timedelta(seconds=20)
FAILED = "recurra/failed"


class LostProcessError(TrainingError):
    """Another process of the training does not answer."""


@dataclass(frozen=True)
class Started:
    """What the launcher has told this process.

    Attributes:
        rank: its number, from 0 on.
        size: number of processes.
        local_rank: its number on this machine.
        local_size: number of processes on this machine.
    """

    rank: int
    size: int
    local_rank: int
    local_size: int


@functools.cache
def started() -> Started | None:
    """Which process of several this is; ``None`` where it is alone.

    Raises:
        SettingsError: the launcher's variables contradict each other.
    """
    given = {name: os.environ.get(name) for name in VARIABLES}
    if given["WORLD_SIZE"] in (None, "1") or None in given.values():
        return None
    try:
        rank, size, local_rank, local_size = (int(given[name] or "") for name in VARIABLES[:4])
    except ValueError:
        rank = size = local_rank = local_size = -1
    if not (0 <= rank < size and 0 <= local_rank < local_size <= size):
        told = ", ".join(f"{name}={given[name]!s:.20}" for name in VARIABLES[:4])
        raise SettingsError(f"The processes' numbers are {told}", "Start the command with torchrun.")
    return Started(rank, size, local_rank, local_size)


def prints() -> bool:
    """Whether this process is the one that writes and prints."""
    own = started()
    return own is None or own.rank == 0


class Stop:
    """Why a process wants all to end after the next step: numbers of places in what they sum up."""

    INTERRUPTED, CALLBACK, TIME_IS_UP = range(3)
    COUNT = 3


class Processes:
    """The processes of a training, torch.distributed's default group.

    Attributes:
        rank: number of this process, from 0 on.
        size: number of processes.
        local_rank: number of this process on its machine.
        wishes: for each reason in :class:`Stop`, whether this process wants to end.
        agreed: the same for any process, as of the last step.
    """

    def __init__(self, rank: int, size: int, local_rank: int) -> None:
        self.rank, self.size, self.local_rank = rank, size, local_rank
        self._bytes = self._steps = 0
        self.wishes = [False] * Stop.COUNT
        self.agreed = [False] * Stop.COUNT

    @property
    def is_first(self) -> bool:
        """Whether this is the process that writes and prints."""
        return self.rank == 0

    @property
    def bytes_per_step(self) -> int:
        """Bytes of the numbers that a step sums up over the processes, the mean of the steps until now."""
        return self._bytes // max(1, self._steps)

    def add_up(self, numbers: Tensor) -> None:
        """Replaces numbers by their sum over all processes, the same in each to the bit.

        Raises:
            LostProcessError: another process does not answer.
        """
        import torch.distributed as dist

        with _answers():
            dist.all_reduce(numbers)

    def add_up_step(self, numbers: Tensor, loss: float, correct: int) -> tuple[float, int]:
        """Sums up a step: its gradients in place, and with them what else is to be known of it.

        Args:
            numbers: the gradients, behind :data:`HEADER` places for the rest.
            loss: this process's share of the batch's loss.
            correct: documents of this process that were classified correctly.

        Returns:
            The loss of the batch, and its documents that were classified correctly.

        Raises:
            LostProcessError: another process does not answer.
        """
        header = numbers[:HEADER]
        header.zero_()
        header[: 2 + Stop.COUNT] = header.new_tensor([loss, correct, *self.wishes])
        self._bytes, self._steps = self._bytes + numbers.numel() * numbers.element_size(), self._steps + 1
        self.add_up(numbers)
        loss, correct, *wishes = header[: 2 + Stop.COUNT].tolist()
        self.agreed = [wish > 0 for wish in wishes]
        return loss, round(correct)

    def take_first(self, tensor: Tensor) -> None:
        """Replaces a tensor by that of the first process.

        Raises:
            LostProcessError: another process does not answer.
        """
        import torch.distributed as dist

        with _answers():
            dist.broadcast(tensor, 0)

    def numbers_of_first(self, numbers: list[float]) -> list[float]:
        """The numbers that the first process has."""
        import torch

        tensor = torch.tensor(numbers, dtype=torch.float64)
        self.take_first(tensor)
        found: list[float] = tensor.tolist()
        return found

    def told(self, data: bytes | None) -> bytes:
        """What the first process tells all of them; the others give ``None``.

        Raises:
            LostProcessError: another process does not answer.
        """
        import torch

        count = torch.tensor(len(data or b""))
        self.take_first(count)
        content = torch.empty(int(count), dtype=torch.uint8)
        if data:
            content = torch.frombuffer(bytearray(data), dtype=torch.uint8)
        if len(content):
            self.take_first(content)
        return content.numpy().tobytes()

    def check_same(self, text: str) -> None:
        """Checks that all processes have the same rows and settings.

        Args:
            text: tells rows and settings.

        Raises:
            TrainingError: others have another text.
            LostProcessError: another process does not answer.
        """
        import torch
        import torch.distributed as dist

        number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:7], "big")
        ends = torch.tensor([number, -number])
        with _answers():
            dist.all_reduce(ends, dist.ReduceOp.MAX)
        if ends[0] != -ends[1]:
            raise TrainingError(
                f"The {self.size} processes have different rows or settings",
                "Give all of them the same command, and the same files and version of Recurra on every machine.",
            )


# Places before the gradients of a step; as many as one register of a processor holds, or a multiple.
HEADER = 16


def joined() -> Processes | None:
    """All processes of a training that begins, once each of them has called this; ``None`` where there is one.

    A program that has made torch.distributed's default group itself keeps it.

    Raises:
        SettingsError: the launcher's variables contradict each other.
        LostProcessError: the others cannot be reached.
    """
    own = started()
    if own is None:
        return None
    import torch
    import torch.distributed as dist

    from recurra.kernels.threads import cpu_count, limit_threads

    # An equal part of the processors for each process of this machine.
    limit_threads(None)
    limit_threads(max(1, cpu_count() // own.local_size))
    if not dist.is_initialized():
        devices = torch.cuda.device_count()
        if 0 < devices <= own.local_rank:
            raise SettingsError(
                f"{own.local_size} processes are started on a machine of {devices} GPU{'s' if devices > 1 else ''}",
                "Start one process a GPU, or hide the GPUs: CUDA_VISIBLE_DEVICES= torchrun …",
            )
        if devices:
            torch.cuda.set_device(own.local_rank)
        with _answers():
            dist.init_process_group(
                "cpu:gloo,cuda:nccl" if devices else "gloo",
                store=_store(),
                rank=own.rank,
                world_size=own.size,
                timeout=PATIENCE,
            )
        atexit.register(dist.destroy_process_group)
    return Processes(own.rank, own.size, own.local_rank)


def is_first_to_fail() -> bool:
    """Whether no other process of this training has failed before; asked once, it is then this one that says why.

    Processes fail together: all of them read the same file, and where one ends the others miss it.
    """
    if started() is None:
        return True
    try:
        store = _store()
        store.set_timeout(SHORT)
        return bool(store.add(FAILED, 1) == 1)
    except (RuntimeError, ImportError):
        # Nobody can be asked.
        return True


@functools.cache
def _store() -> Any:
    """What torchrun keeps for the processes."""
    from torch.distributed.rendezvous import rendezvous

    store, _, _ = next(iter(rendezvous("env://", timeout=PATIENCE)))
    return store


@contextmanager
def _answers() -> Iterator[None]:
    """Turns what torch says of a connection into one line."""
    try:
        yield
    except RuntimeError as error:
        # Without the place in torch's code, and its advice.
        reason = re.sub(r"^\[\S+:\d+\] ", "", " ".join(str(error).split())).partition(". ")[0]
        raise LostProcessError(
            f"Another process of this training has ended or does not answer ({reason:.120})",
            "--resume goes on from the last checkpoint, with any number of processes.",
        ) from error
