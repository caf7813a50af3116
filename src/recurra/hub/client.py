"""The package huggingface_hub, and its errors as one line."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from recurra.errors import HubError
from recurra.hub.address import MODEL_FILE, HubAddress

__all__ = ["endpoint", "hub_errors", "is_unreachable", "load_client"]

_LOG_IN = "log in with hf auth login, or set HF_TOKEN"


def load_client() -> Any:
    """The module ``huggingface_hub``.

    Raises:
        HubError: it is not installed.
    """
    try:
        import huggingface_hub
    except ImportError as error:
        raise HubError(
            "Models on the hub need huggingface_hub, which is not installed", "Run: pip install 'recurra[hub]'"
        ) from error
    return huggingface_hub


def endpoint() -> str | None:
    """The address of the hub in ``HF_ENDPOINT``; ``None`` for the usual one."""
    return os.environ.get("HF_ENDPOINT") or None


@contextmanager
def hub_errors(address: HubAddress, *, quiet: bool = False) -> Iterator[None]:
    """Turns every error of the block into a :class:`~recurra.errors.HubError`, but those of this machine's files.

    The package's log is silent meanwhile, such as that nobody is logged in: what matters is in the error. Its progress
    bars are shown on a terminal, unless ``quiet``.
    """
    from huggingface_hub import utils

    before, bars = utils.logging.get_verbosity(), not utils.are_progress_bars_disabled()
    utils.logging.set_verbosity_error()
    hide_bars = bars and (quiet or not (sys.stderr is not None and sys.stderr.isatty()))
    if hide_bars:
        utils.disable_progress_bars()
    try:
        yield
    except HubError:
        raise
    except Exception as error:  # including those of its HTTP client, which depends on the version
        if isinstance(error, OSError) and error.errno is not None and error.filename is not None:
            raise
        raise _hub_error(error, address) from error
    finally:
        utils.logging.set_verbosity(before)
        if hide_bars:
            utils.enable_progress_bars()


def is_unreachable(error: Exception) -> bool:
    """Whether the hub gave no answer, or says that it is broken."""
    from huggingface_hub.errors import HfHubHTTPError

    return not isinstance(error, HfHubHTTPError) or _status(error) >= 500


def _hub_error(error: Exception, address: HubAddress) -> HubError:
    from huggingface_hub import errors

    if type(error) is RuntimeError and isinstance(error.__cause__, Exception):
        # What an upload fails with says nothing of why.
        error = error.__cause__
    if isinstance(error, errors.OfflineModeIsEnabled):
        return HubError(f"{address} needs the network, and HF_HUB_OFFLINE asks for none", "Unset HF_HUB_OFFLINE.")
    if isinstance(error, errors.GatedRepoError):
        return HubError(f"{address} is gated", f"Ask for access on its page, then {_LOG_IN}.")
    if isinstance(error, errors.RepositoryNotFoundError):
        return HubError(
            f"There is no {address}, or you may not see it", f"Check the name; for a private model, {_LOG_IN}."
        )
    if isinstance(error, errors.RevisionNotFoundError):
        return HubError(
            f"{address.repository} has no revision {address.revision!r:.80}", "Name a branch, a tag or a commit of it."
        )
    if isinstance(error, errors.EntryNotFoundError) and not isinstance(error, errors.LocalEntryNotFoundError):
        return HubError(f"{address} holds no {MODEL_FILE}", "Name a repository that recurra push has written.")
    status = _status(error)
    if status in (401, 403) or isinstance(error, errors.LocalTokenNotFoundError):
        return HubError(f"The hub refuses access to {address} ({_line(error)})", f"To get access, {_LOG_IN}.")
    if isinstance(error, errors.HfHubHTTPError):
        return HubError(f"The hub failed at {address} ({_line(error)})", "Check the address, or try again later.")
    if isinstance(error, ValueError):
        return HubError(f"The hub does not take {address} ({_line(error)})", "Correct that, and try again.")
    return HubError(
        f"The hub cannot be reached for {address} ({_line(error)})",
        "Check the network, and HF_ENDPOINT and HF_HUB_OFFLINE if they are set.",
    )


def _status(error: Exception) -> int:
    """The HTTP status of an answer; 0 if there was none."""
    found = getattr(getattr(error, "response", None), "status_code", 0)
    return found if isinstance(found, int) else 0


def _line(error: Exception) -> str:
    """What went wrong, in one line: the status and the hub's own words if it answered."""
    status, words = _status(error), str(error)
    if status:
        # The first line; more are advice of the HTTP client.
        words = getattr(error, "server_message", None) or words.partition("\n")[0]
    return f"{status or type(error).__name__}: {' '.join(words.split())}"[:160]
