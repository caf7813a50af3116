"""Where a study's trials are kept: a database or a journal file."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import optuna
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock

from recurra.errors import SettingsError, TrainingError

__all__ = ["STUDY", "open_study", "shown", "storage_of"]

STUDY = "study.db"
"""The database in the study's folder, where no other storage is named."""

_DRIVERS = {"postgresql": "psycopg2-binary", "mysql": "mysqlclient"}


def storage_of(url: str | None, folder: Path) -> BaseStorage:
    """Opens a storage.

    Args:
        url: a database's, such as ``sqlite:///tuning.db`` or ``postgresql://user@host/name``, or a journal file's
            path, which ends in ``.log`` or ``.journal``; ``None`` means :data:`STUDY` in the folder.
        folder: the study's folder.

    Raises:
        SettingsError: it cannot be opened; the error says which driver it needs, and never a password.
    """
    import sqlalchemy.exc

    if url is not None and Path(url).suffix in {".log", ".journal"} and "://" not in url:
        try:
            # Links, the usual lock, are not to be had on every file system.
            return JournalStorage(JournalFileBackend(url, lock_obj=JournalFileOpenLock(url)))
        except (OSError, ValueError) as error:
            raise SettingsError(f"The journal {url} cannot be used: {error!s:.120}", "Check the path.") from error
    if url is not None and not re.match(r"[a-z0-9_+]+://", url):
        raise SettingsError(
            f"The storage {url!r:.80}", "Give a URL such as sqlite:///tuning.db, or a path that ends in .log."
        )
    address = url or f"sqlite:///{(folder / STUDY).absolute()}"
    kind = address.partition(":")[0]
    if kind == "redis":
        raise SettingsError(
            "A redis storage keeps pickles, which could run anything when read", "Use a database or a journal file."
        )
    try:
        return RDBStorage(address)
    except (ImportError, sqlalchemy.exc.NoSuchModuleError) as error:
        driver = _DRIVERS.get(kind.partition("+")[0])
        hint = f"Install it: pip install {driver}" if driver and "+" not in kind else "Install the driver it names."
        missing = getattr(error, "name", None) or kind
        raise SettingsError(f"The storage {shown(address)} needs {missing}, which is not installed", hint) from error
    except (sqlalchemy.exc.SQLAlchemyError, ValueError, RuntimeError) as error:
        reason = str(getattr(error, "orig", None) or type(error).__name__)
        raise SettingsError(
            f"The storage {shown(address)} cannot be opened: {_without_password(reason, address)[:120]}",
            "Check the URL, and that the database can be reached.",
        ) from error


def open_study(storage: BaseStorage, *, described: str, resume: bool) -> tuple[optuna.Study, bool]:
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
    name = f"recurra-{hashlib.sha256(described.encode()).hexdigest()[:24]}"
    known = {one.study_name for one in optuna.get_all_study_summaries(storage, include_best_trial=False)}
    if name in known and not resume:
        raise TrainingError(
            "The storage holds a study of these data and settings already", "Go on with --resume, or choose another."
        )
    study = optuna.create_study(storage=storage, study_name=name, load_if_exists=True)
    return study, name in known


def shown(url: str) -> str:
    """A URL as it may be printed: without its password."""
    return re.sub(r"(://[^:/@]*):[^@/]*@", r"\1:***@", url)


def _without_password(text: str, url: str) -> str:
    found = re.search(r"://[^:/@]*:([^@/]*)@", url)
    return text.replace(found[1], "***") if found and found[1] else " ".join(text.split())
