"""A stand-in for the Hugging Face Hub on this machine: repositories of models, read and written."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

TOKEN = "hf_of_the_owner"  # noqa: S105  (of the stand-in)


@dataclass
class Repository:
    """A repository: its commits, each with all its files, and its branches and tags."""

    private: bool = False
    gated: bool = False
    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    heads: dict[str, str] = field(default_factory=dict)

    def commit(self, files: dict[str, bytes], head: str = "main") -> str:
        whole = {**self.commits.get(self.heads.get(head, ""), {}), **files}
        name = hashlib.sha1(repr((len(self.commits), sorted(whole))).encode()).hexdigest()  # noqa: S324
        self.commits[name], self.heads[head] = whole, name
        return name


class ModelHub(ThreadingHTTPServer):
    """Serves ``repositories``; what it was asked stands in ``asked``."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.repositories: dict[str, Repository] = {}
        self.asked: list[str] = []
        self.tokens: set[str] = set()
        self.headers_of_files: dict[str, str] = {}
        self.fail_with: int | None = None
        # So many bytes follow the content of a file, of which its HEAD says nothing.
        self.bytes_behind = 0
        self.bytes_sent = 0
        self.objects: dict[str, bytes] = {}

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: ModelHub

    def do_HEAD(self) -> None:
        self._answered()

    def do_GET(self) -> None:
        self._answered()

    def do_POST(self) -> None:
        self._answered()

    def do_PUT(self) -> None:
        self._answered()

    def _answered(self) -> None:
        path = unquote(urlsplit(self.path).path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        # What the library asks on its own account, of the program that runs it, is no business of ours.
        if path != "/api/agent-harnesses":
            self.server.asked.append(f"{self.command} {path}")
        given = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        self.server.tokens.add(given)
        if self.server.fail_with is not None:
            self._send(self.server.fail_with, {"error": "out of order"})
        elif found := re.fullmatch(r"/([^/]+/[^/]+)/resolve/(.+)/([^/]+)", path):
            self._file(*found.groups(), given)
        elif found := re.fullmatch(r"/api/models/([^/]+/[^/]+)(?:/revision/main)?", path):
            self._info(found[1], given)
        elif given != TOKEN and not path.startswith("/objects/"):
            self._send(401, {"error": "Invalid username or password."})
        elif path == "/api/repos/create":
            self._create(json.loads(body))
        elif path == "/api/validate-yaml":
            self._validate(json.loads(body)["content"])
        elif path.startswith("/objects/"):
            self.server.objects[path.removeprefix("/objects/")] = body
            self._send(200, {})
        elif found := re.fullmatch(r"/api/models/([^/]+/[^/]+)/preupload/main", path):
            modes = {True: "lfs", False: "regular"}
            files = [one["path"] for one in json.loads(body)["files"]]
            named = [
                {"path": name, "uploadMode": modes[name.endswith(".safetensors")], "shouldIgnore": False}
                for name in files
            ]
            self._send(200, {"files": named})
        elif re.fullmatch(r"/([^/]+/[^/]+)\.git/info/lfs/objects/batch", path):
            objects = [
                {**one, "actions": {"upload": {"href": f"{self.server.address}/objects/{one['oid']}"}}}
                for one in json.loads(body)["objects"]
            ]
            self._send(200, {"objects": objects, "transfer": "basic"})
        elif found := re.fullmatch(r"/api/models/([^/]+/[^/]+)/commit/main", path):
            self._commit(found[1], [json.loads(line) for line in body.splitlines()])
        else:
            self._send(404, {"error": f"no such way: {path}"})

    def _file(self, name: str, revision: str, file: str, given: str) -> None:
        repository = self.server.repositories.get(name)
        if repository is None or (repository.private and given != TOKEN):
            self._send(404 if given == TOKEN else 401, {"error": "Repository not found"}, code="RepoNotFound")
            return
        if repository.gated:
            self._send(403, {"error": "Ask for access"}, code="GatedRepo")
            return
        commit = repository.heads.get(revision, revision)
        if commit not in repository.commits:
            self._send(404, {"error": "Invalid rev id"}, code="RevisionNotFound")
            return
        if file not in repository.commits[commit]:
            self._send(404, {"error": "Entry not found"}, code="EntryNotFound")
            return
        content = repository.commits[commit][file]
        self.send_response(200)
        about = {
            "ETag": f'"{hashlib.sha256(content).hexdigest()}"',
            "X-Repo-Commit": commit,
            "Content-Length": str(len(content)),
            **self.server.headers_of_files,
        }
        if self.command == "GET":
            about["Content-Length"] = str(len(content) + self.server.bytes_behind)
        for key, value in about.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command == "GET":
            self._body(content)

    def _body(self, content: bytes) -> None:
        self.server.bytes_sent = self.wfile.write(content)
        part = bytes(1 << 20)
        while self.server.bytes_sent < len(content) + self.server.bytes_behind:
            try:
                self.server.bytes_sent += self.wfile.write(part)
            except OSError:
                # Nobody reads on.
                return

    def _info(self, name: str, given: str) -> None:
        repository = self.server.repositories.get(name)
        if repository is None or (repository.private and given != TOKEN):
            self._send(404 if given == TOKEN else 401, {"error": "Repository not found"}, code="RepoNotFound")
            return
        head = repository.heads.get("main")
        self._send(200, {"id": name, "private": repository.private, "sha": head, "tags": [], "siblings": []})

    def _create(self, wanted: dict[str, Any]) -> None:
        owner, name = wanted["organization"], f"{wanted['organization']}/{wanted['name']}"
        if owner != "owner":
            self._send(403, {"error": f"You don't have the rights to create a model under {owner}"})
            return
        url = f"{self.server.address}/{name}"
        if name in self.server.repositories:
            self._send(409, {"error": "You already created this model repo", "url": url})
            return
        private = wanted.get("visibility") == "private" or bool(wanted.get("private"))
        self.server.repositories[name] = Repository(private=private)
        self._send(200, {"url": url, "name": name})

    def _validate(self, card: str) -> None:
        if 'license: "none-such"' in card:
            self._send(400, {"errors": [{"message": '"license" must be one of [mit, …]'}], "warnings": []})
            return
        self._send(200, {"errors": [], "warnings": []})

    def _commit(self, name: str, lines: list[dict[str, Any]]) -> None:
        files = {}
        for line in lines[1:]:
            value = line["value"]
            files[value["path"]] = (
                base64.b64decode(value["content"]) if line["key"] == "file" else self.server.objects[value["oid"]]
            )
        commit = self.server.repositories[name].commit(files)
        url = f"{self.server.address}/{name}/commit/{commit}"
        self._send(200, {"commitUrl": url, "commitOid": commit, "success": True})

    def _send(self, status: int, value: Any, *, code: str | None = None) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        if code:
            self.send_header("X-Error-Code", code)
            self.send_header("X-Error-Message", value["error"])
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Says nothing."""


@contextmanager
def serving() -> Iterator[ModelHub]:
    """Runs the stand-in while the block runs."""
    server = ModelHub()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def stand_in(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Iterator[ModelHub]:
    """Runs the stand-in as the hub of this process and of those that it starts; nobody is logged in.

    Args:
        monkeypatch: of the test.
        folder: for the cache ``hub``.
    """
    # What processes read, and this one read when it imported the library.
    environment = {"HF_HUB_CACHE": str(folder / "hub"), "HF_TOKEN_PATH": str(folder / "no-token")}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
        monkeypatch.setattr(f"huggingface_hub.constants.{name}", value)
    # Its own protocol for large files, which asks other services.
    monkeypatch.setenv("HF_HUB_DISABLE_XET", "1")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True, raising=False)
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with serving() as server:
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", server.address)
        template = f"{server.address}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
        monkeypatch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", template)
        # By Recurra read each time.
        monkeypatch.setenv("HF_ENDPOINT", server.address)
        yield server
