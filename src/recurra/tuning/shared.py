"""A study that several processes work on: who trains which trial, and what becomes of the trials of a killed one.

Everything goes through Optuna's database: a trial belongs to the process that has set it running, the process says
there that it lives (heartbeats), and a trial without is marked as failed and queued again by whichever process notices.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import optuna
from optuna.exceptions import ExperimentalWarning, StorageInternalError
from optuna.storages import RDBStorage, RetryHeartbeatStaleTrialCallback
from optuna.trial import FrozenTrial, Trial, TrialState

from recurra.errors import SettingsError
from recurra.tuning.results import FOUND, TrialResult, tried_all

__all__ = ["SharedStudy", "SharedTrials", "requeue", "worker_name"]

# A trial that has killed its process so many times is left alone: it may be the settings.
RETRIES = 3
# Seconds between two looks at what the others do, for a process that has nothing to do.
LOOK_EVERY = 0.5
LONGEST_NAME = 200


@dataclass(frozen=True, kw_only=True)
class SharedStudy:
    """A study that several processes work on.

    Attributes:
        name: of the study in the storage; all its processes give the same.
        heartbeat_seconds: how often a process says that it lives, a whole number.
        grace_seconds: after so long without, its trial goes to another process; a whole number.

    Raises:
        SettingsError: one of them cannot be.
    """

    name: str
    heartbeat_seconds: int = 15
    grace_seconds: int = 60

    def __post_init__(self) -> None:
        if not 1 <= len(self.name) <= LONGEST_NAME or not self.name.isprintable():
            raise SettingsError(f"The study {self.name!r:.80}", f"Give a name of 1 to {LONGEST_NAME} characters.")
        if not 1 <= self.heartbeat_seconds < self.grace_seconds:
            raise SettingsError(
                f"heartbeat_seconds is {self.heartbeat_seconds} and grace_seconds {self.grace_seconds}",
                "Give whole seconds, the second more than the first.",
            )


class SharedTrials:
    """The trials of a shared study that fall to this process.

    Args:
        study: in a storage of :func:`recurra.tuning.storage.storage_of`, with heartbeats.
        storage: that storage.
        options: how often this process says that it lives.
        trials: how many the study is to have, of all processes together; ``None`` sets no bound.
        stopped: asked while there is nothing to do: whether to give up.
        waiting: told of how many trials of other processes this one waits for.
    """

    def __init__(
        self,
        study: optuna.Study,
        storage: RDBStorage,
        options: SharedStudy,
        *,
        trials: int | None,
        stopped: Callable[[], bool],
        waiting: Callable[[int], None] = lambda running: None,
    ) -> None:
        self._study, self._storage, self._options, self._trials = study, storage, options, trials
        self._stopped, self._waiting = stopped, waiting
        self._watched: set[int] = set()

    def next(self) -> Trial | None:
        """The next trial of this process; ``None`` if the study has all its trials, or it is stopped.

        As long as the last trials run elsewhere, it waits: one of them may come back.
        """
        while not self._stopped():
            self._fail_stale()
            counted = [one for one in self._alive() if one.state != TrialState.WAITING]
            running = [one for one in counted if one.state == TrialState.RUNNING]
            if self._trials is None or len(counted) < self._trials:
                with warnings.catch_warnings():
                    # This one sends heartbeats without Study.optimize.
                    warnings.filterwarnings("ignore", message="Heartbeat of storage is supposed")
                    trial = self._study.ask()
                if not self._is_surplus(trial):
                    return trial
                continue
            if not running:
                return None
            self._watch(running)
            self._waiting(len(running))
            time.sleep(LOOK_EVERY)
        return None

    @contextlib.contextmanager
    def alive(self, trial: Trial) -> Iterator[None]:
        """While entered, a thread tells the storage that this trial's process lives."""
        ended = threading.Event()

        def tell() -> None:
            while True:
                # A database that is away for a moment comes back before the others give the trial up.
                with contextlib.suppress(StorageInternalError):
                    self._storage.record_heartbeat(trial._trial_id)
                if ended.wait(self._options.heartbeat_seconds):
                    return

        thread = threading.Thread(target=tell, name="recurra-heartbeat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def give_back(self, trial: Trial) -> None:
        """Queues a trial that a person has stopped here for another process."""
        self._study.tell(trial, state=TrialState.FAIL)
        requeue(self._study, self._study.trials[trial.number])

    def _alive(self) -> list[FrozenTrial]:
        """The trials that have ended with a result, those that run, and those that are queued."""
        trials = self._study.get_trials(deepcopy=False)
        return [
            one
            for one, result in zip(trials, tried_all(trials), strict=True)
            if result.state not in {"killed", "too large", "surplus"}
        ]

    def _is_surplus(self, trial: Trial) -> bool:
        """Whether other processes have taken the last trials in the same moment; it ends there then, untrained.

        Whatever has a lower number is there by now, also what is still queued, and nothing of it comes back from the
        dead: so no more than the bound are ever kept.
        """
        before = [one for one in self._alive() if one.number < trial.number]
        if self._trials is None or len(before) < self._trials:
            return False
        trial.set_user_attr(FOUND, asdict(TrialResult(trial.number, "surplus", {})))
        self._study.tell(trial, state=TrialState.FAIL)
        return True

    def _fail_stale(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)
            optuna.storages.fail_stale_trials(self._study)

    def _watch(self, running: list[FrozenTrial]) -> None:
        """A process that was killed before its first heartbeat is noticed as well: this one gives it one, once."""
        for one in running:
            if one.number not in self._watched:
                self._watched.add(one.number)
                # Its own first one comes in the same moment.
                with contextlib.suppress(StorageInternalError):
                    self._storage.record_heartbeat(one._trial_id)


def requeue(study: optuna.Study, trial: FrozenTrial) -> None:
    """Queues a failed trial once more, with the same settings, unless its process was killed after it had a result."""
    if FOUND in trial.user_attrs:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        RetryHeartbeatStaleTrialCallback(max_retry=RETRIES)(study, trial)


def worker_name(folder: Path) -> str:
    """Where this process keeps its models, as other machines may read it: host and folder."""
    return f"{socket.gethostname()}:{folder.absolute()}"
