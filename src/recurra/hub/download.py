"""Fetches a model file from the hub into huggingface_hub's cache."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any

from recurra.bundle.format import LARGEST_FILE
from recurra.data.hub_download import download_file
from recurra.errors import HubError
from recurra.hub.address import MODEL_FILE, PREFIX, HubAddress
from recurra.hub.client import endpoint, hub_errors, is_unreachable, load_client

__all__ = ["REACH_SECONDS", "local_path"]

REACH_SECONDS = 10.0
"""Timeout in seconds for the first answer of the hub."""


def local_path(model: str | os.PathLike[str], *, quiet: bool = False) -> str | os.PathLike[str]:
    """The path of a model file on this machine.

    Args:
        model: a path, which is returned as it is; or ``hf://owner/name``, or ``hf://owner/name@revision``, whose
            ``model.safetensors`` is fetched into huggingface_hub's cache unless it is there. The token is the one that
            package finds. Without a network the cache answers alone.
        quiet: shows no progress, and does not say that the cache answers.

    Raises:
        SettingsError: the address is none.
        HubError: huggingface_hub is not installed, or the hub does not give the file.
    """
    if not isinstance(model, str) or not model.startswith(PREFIX):
        return model
    return _download(HubAddress.parse(model), quiet=quiet)


def _download(address: HubAddress, *, quiet: bool) -> Path:
    hub = load_client()
    where = {"repo_id": address.repository, "filename": MODEL_FILE, "revision": address.revision}
    with hub_errors(address, quiet=quiet):
        try:
            url = hub.hf_hub_url(**where, endpoint=endpoint())
            size = _checked_size(hub.get_hf_file_metadata(url, timeout=REACH_SECONDS), address)
        except HubError:
            raise
        except Exception as error:
            cached = hub.try_to_load_from_cache(**where)
            offline = isinstance(error, hub.errors.OfflineModeIsEnabled)
            if offline and not isinstance(cached, str):
                raise HubError(
                    f"{address} is not in the cache, and HF_HUB_OFFLINE asks for no network",
                    "Unset HF_HUB_OFFLINE to fetch it, or give the path of a model file.",
                ) from error
            if not is_unreachable(error) or not isinstance(cached, str):
                raise
            if not quiet and not offline:
                print(f"The hub cannot be reached: {address} is read from the cache.", file=sys.stderr)
            return Path(cached)
        too_long = HubError(
            f"The hub sends more than the {size:,} bytes that it announced for the {MODEL_FILE} of {address}",
            "Try again, and check HF_ENDPOINT if it is set.",
        )
        return download_file(size, too_long, **where, endpoint=endpoint())


def _checked_size(found: Any, address: HubAddress) -> int:
    """The size in bytes of a file as the hub says before it is fetched; checks also what names folders in the cache."""
    if found.size is None or found.size > LARGEST_FILE:
        size = "an unknown number of" if found.size is None else f"{found.size:,}"
        raise HubError(
            f"The {MODEL_FILE} of {address} has {size} bytes, and the limit of a model is {LARGEST_FILE:,}",
            "Name a repository that recurra push has written.",
        )
    for what, name in (("commit", found.commit_hash), ("ETag", found.etag)):
        if not re.fullmatch(r"[0-9A-Za-z-]{1,100}", name or ""):
            raise HubError(
                f"The hub's answer for {address} has {name!r:.80} for its {what}",
                "Check HF_ENDPOINT if it is set: this is no hub.",
            )
    return int(found.size)
