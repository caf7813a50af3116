"""Where a study's trials are kept: a database or a journal file."""

from __future__ import annotations

import hashlib
import json
import re
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import optuna
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock

from recurra.errors import SettingsError, TrainingError
from recurra.tuning.shared import SharedStudy, requeue

__all__ = ["STUDY", "open_shared_study", "open_study", "shared_storage", "shown", "storage_of"]

STUDY = "study.db"
"""The database in the study's folder, where no other storage is named."""

# By the module that is missing: which one SQLAlchemy takes for postgresql:// depends on its version.
_DRIVERS = {"psycopg": "'psycopg[binary]'", "psycopg2": "psycopg2-binary", "MySQLdb": "mysqlclient"}

BEGUN = "recurra"
"""Under this name a shared study holds what its trials depend on; it is written when others may join."""
# Seconds that another process may take to begin a study.
BEGIN_SECONDS = 20.0
_PARTS = {"data": "data", "validation_data": "rows to validate on", "size": "size of the model file"}


def storage_of(url: str | None, folder: Path) -> BaseStorage:
    """Opens a storage.

    Args:
        url: a database's, such as ``sqlite:///tuning.db`` or ``postgresql://user@host/name``, or a journal file's
            path, which ends in ``.log`` or ``.journal``; ``None`` means :data:`STUDY` in the folder.
        folder: the study's folder.

    Raises:
        SettingsError: it cannot be opened; the error says which driver it needs, and never a password.
    """
    if url is not None and _is_journal(url):
        try:
            # Links, the usual lock, are not to be had on every file system.
            return JournalStorage(JournalFileBackend(url, lock_obj=JournalFileOpenLock(url)))
        except (OSError, ValueError) as error:
            raise SettingsError(f"The journal {url} cannot be used: {error!s:.120}", "Check the path.") from error
    return _opened(url or f"sqlite:///{(folder / STUDY).absolute()}")


def shared_storage(url: str | None, options: SharedStudy) -> RDBStorage:
    """Opens the storage of a study that several processes work on.

    Args:
        url: a database's, as for :func:`storage_of`.
        options: how often a process says there that it lives.

    Raises:
        SettingsError: it is no database, or cannot be opened.
    """
    if url is None or _is_journal(url):
        raise SettingsError(
            f"--study {options.name} is given {'without --storage' if url is None else 'with a journal file'}",
            "Name a database with --storage: sqlite:///FILE on one machine, postgresql://… or mysql://… for several.",
        )
    # Processes wait for each other's writing; a connection that was cut is opened again.
    sqlite = url.startswith("sqlite")
    engine: dict[str, Any] = {"connect_args": {"timeout": 60}} if sqlite else {"pool_pre_ping": True}
    return _opened(
        url,
        engine_kwargs=engine,
        heartbeat_interval=options.heartbeat_seconds,
        grace_period=options.grace_seconds,
        heartbeat_stale_trial_callback=requeue,
    )


def _is_journal(url: str) -> bool:
    return Path(url).suffix in {".log", ".journal"} and "://" not in url


def _opened(address: str, **options: Any) -> RDBStorage:
    import sqlalchemy.exc

    if not re.match(r"[a-z0-9_+]+://", address):
        raise SettingsError(
            f"The storage {address!r:.80}", "Give a URL such as sqlite:///tuning.db, or a path that ends in .log."
        )
    kind = address.partition(":")[0]
    if kind == "redis":
        raise SettingsError(
            "A redis storage keeps pickles, which could run anything when read", "Use a database or a journal file."
        )
    try:
        return _made(address, options)
    except (ImportError, sqlalchemy.exc.NoSuchModuleError) as error:
        # Optuna's error has the one of the import as its cause.
        missing = getattr(error.__cause__ or error, "name", None) or kind
        driver = _DRIVERS.get(missing)
        hint = f"Install it: pip install {driver}" if driver else "Install the driver it names."
        raise SettingsError(f"The storage {shown(address)} needs {missing}, which is not installed", hint) from error
    except (sqlalchemy.exc.SQLAlchemyError, ValueError, RuntimeError) as error:
        reason = str(getattr(error, "orig", None) or type(error).__name__)
        raise SettingsError(
            f"The storage {shown(address)} cannot be opened: {_without_password(reason, address)[:120]}",
            "Check the URL, and that the database can be reached.",
        ) from error


def _made(address: str, options: dict[str, Any]) -> RDBStorage:
    import sqlalchemy.exc

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        for seconds in (0.5, 1.0, 2.0):
            try:
                return RDBStorage(address, **options)
            except (sqlalchemy.exc.OperationalError, sqlalchemy.exc.ProgrammingError, sqlalchemy.exc.IntegrityError):
                # Another process makes the tables in the same moment.
                if not options:
                    raise
                time.sleep(seconds)
        return RDBStorage(address, **options)


def open_study(storage: BaseStorage, *, described: Mapping[str, Any], resume: bool) -> tuple[optuna.Study, bool]:
    """The study of these data and settings in a storage.

    Args:
        storage: of :func:`storage_of`.
        described: everything that the trials depend on; a storage may hold the studies of many.
        resume: whether a study that is there is to go on.

    Returns:
        The study, and whether it was there before.

    Raises:
        TrainingError: it is there and is not to go on.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    name = f"recurra-{_digest(described)[:24]}"
    known = {one.study_name for one in optuna.get_all_study_summaries(storage, include_best_trial=False)}
    if name in known and not resume:
        raise TrainingError(
            "The storage holds a study of these data and settings already", "Go on with --resume, or choose another."
        )
    study = optuna.create_study(storage=storage, study_name=name, load_if_exists=True)
    return study, name in known


def open_shared_study(
    storage: RDBStorage,
    name: str,
    *,
    described: Mapping[str, Any],
    initial: Sequence[Mapping[str, Any]],
    say: Callable[[str], None] = lambda message: None,
) -> optuna.Study:
    """The study of this name; the process that comes first begins it, the others join it.

    Args:
        storage: of :func:`shared_storage`.
        name: the study's.
        described: everything that the trials depend on, which must be the same for all.
        initial: values of the first trials.
        say: told whether it was begun or joined.

    Raises:
        TrainingError: it has other data or settings, or is not a study of several processes.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    own = {part: _digest(value) for part, value in described.items()}
    try:
        study = optuna.create_study(storage=storage, study_name=name)
    except optuna.exceptions.DuplicatedStudyError:
        study = optuna.load_study(storage=storage, study_name=name)
    else:
        for parameters in initial:
            study.enqueue_trial(dict(parameters))
        # Last of all, so that whoever reads it finds a study that is whole.
        study.set_user_attr(BEGUN, own)
        say(f"The study {name} is begun; other processes may join it.")
        return study
    end = time.monotonic() + BEGIN_SECONDS
    while (found := study.user_attrs.get(BEGUN)) is None:
        # One that has trials and no such entry was begun by something else.
        if time.monotonic() >= end or len(study.get_trials(states=(optuna.trial.TrialState.COMPLETE,))):
            raise TrainingError(
                f"The storage's study {name} was not begun with recurra tune --study, or not completely",
                "Choose another name.",
            )
        time.sleep(0.2)
    other = [part for part in {**found, **own} if found.get(part) != own.get(part)]
    if other:
        raise TrainingError(
            f"The study {name} was begun with another {' and another '.join(_PARTS.get(one, one) for one in other)}",
            "Give all its processes the same data and options, or choose another name.",
        )
    trials = len(study.trials)
    say(f"The study {name} is joined: it has {trials} trial{'' if trials == 1 else 's'}.")
    return study


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def shown(url: str) -> str:
    """A URL as it may be printed: without its password."""
    return re.sub(r"(://[^:/@]*):[^@/]*@", r"\1:***@", url)


def _without_password(text: str, url: str) -> str:
    found = re.search(r"://[^:/@]*:([^@/]*)@", url)
    return text.replace(found[1], "***") if found and found[1] else " ".join(text.split())
