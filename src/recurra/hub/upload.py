"""Writes a model file and its card to the hub."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

from recurra.bundle import digest_of, read_bundle
from recurra.errors import HubError, SettingsError
from recurra.hub.address import MODEL_FILE, HubAddress
from recurra.hub.client import endpoint, hub_errors, load_client
from recurra.version import VERSION

__all__ = ["CARD_FILE", "Pushed", "push"]

CARD_FILE = "README.md"


class Pushed(NamedTuple):
    """What :func:`push` wrote.

    Attributes:
        address: for :func:`recurra.load`.
        url: of the commit.
        revision: the commit.
        private: whether only its owner sees the repository.
        files: names of the files written.
    """

    address: str
    url: str
    revision: str
    private: bool
    files: list[str]


def push(
    model: str | os.PathLike[str],
    repository: str,
    *,
    private: bool = False,
    licence: str | None = None,
    languages: Sequence[str] = (),
    keep_card: bool = False,
    quiet: bool = False,
) -> Pushed:
    """Writes a model file and its card to a repository on the hub, as one commit; it is created if there is none.

    Args:
        model: path of a model file.
        repository: ``owner/name``.
        private: only its owner may see the repository.
        licence: of the model, as the hub writes it, such as ``mit``; the card names none without it.
        languages: codes of the texts' languages, such as ``en``; those of a segmenter's language are known without.
        keep_card: leave a card that is there as it is.
        quiet: show no progress.

    Raises:
        ModelFileError: it is no model file.
        SettingsError: ``model`` is no path; or ``repository`` is no address, or names a revision.
        HubError: the repository is public though ``private``, huggingface_hub is not installed, or the hub
            does not take the files.
    """
    if not isinstance(model, str | os.PathLike):
        raise SettingsError(
            f"push was given a {type(model).__name__}",
            'Save it first and give its path: classifier.save("model.safetensors").',
        )
    address = HubAddress.parse(repository, "Write OWNER/NAME, such as owner/tickets.")
    if address.revision is not None:
        raise SettingsError(
            f"{repository!r:.120} names a revision", f"Write {address.repository}: push adds a commit to it."
        )
    from recurra.card import model_card

    bundle = read_bundle(model)
    digest = digest_of(model)
    card = model_card(bundle, digest=digest, address=str(address), licence=licence, languages=languages)
    hub = load_client()
    with hub_errors(address, quiet=quiet):
        api = hub.HfApi(endpoint=endpoint(), library_name="recurra", library_version=VERSION)
        api.create_repo(address.repository, private=private or None, exist_ok=True)
        found = api.model_info(address.repository)
        if private and not found.private:
            raise HubError(f"{address} exists and is public", "Make it private on its page, or leave --private out.")
        files: dict[str, str | os.PathLike[str] | bytes] = {MODEL_FILE: os.fspath(model), CARD_FILE: card.encode()}
        if keep_card and api.file_exists(address.repository, CARD_FILE):
            del files[CARD_FILE]
        commit = api.create_commit(
            address.repository,
            [hub.CommitOperationAdd(name, content) for name, content in files.items()],
            commit_message=f"Model from recurra {VERSION}",
        )
    return Pushed(str(address), str(commit.commit_url), str(commit.oid), bool(found.private), list(files))
