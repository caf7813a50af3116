"""Access control: allowed Host headers, same-origin requests of browsers, and a bearer token."""

from __future__ import annotations

import hmac
import ipaddress
import os
import re
import stat
from collections.abc import Iterable
from pathlib import Path

from recurra.errors import SettingsError
from recurra.serving.http_errors import RequestError

__all__ = ["Access", "is_loopback", "read_token"]

LOCAL_NAMES = ("127.0.0.1", "localhost", "::1")
SHORTEST_TOKEN, LONGEST_TOKEN = 16, 4096
# Health and readiness, which a platform's probes ask without a token, and the page's files, which are the same
# everywhere: none discloses anything. The page itself asks its user for the token and sends it with every request.
PUBLIC_PATHS = re.compile(r"/|/healthz|/readyz|/static/.*")

_PORT = re.compile(rb":\d*$")


class Access:
    """Checks every request before anything else is done for it.

    Args:
        token: the bearer token that requests must send; ``None`` requires none.
        hosts: allowed values of the Host header; ``None`` allows any, which only a token makes safe.
    """

    def __init__(self, *, token: str | None, hosts: Iterable[str] | None) -> None:
        self._token = None if token is None else token.encode()
        self._hosts = None if hosts is None else frozenset(host.lower().encode() for host in hosts)

    def check(self, path: str, headers: Iterable[tuple[bytes, bytes]]) -> RequestError | None:
        """The error to answer a request with; ``None`` if it is allowed.

        Args:
            path: the request's path.
            headers: the request's headers as ASGI gives them, names in lower case.
        """
        host = site = authorization = None
        for name, value in headers:
            if name == b"host":
                if host is not None:
                    # A proxy in front of this service may have checked the other one (RFC 9112, section 3.2).
                    return RequestError(400, "The request has several Host headers", "Send one.")
                host = value
            elif name == b"sec-fetch-site":
                site = value
            elif name == b"authorization":
                authorization = value
        if self._hosts is not None and not self._is_ours(host):
            # DNS rebinding: a foreign page whose name points to this machine could otherwise read everything.
            shown = (host or b"").decode("latin-1")
            return RequestError(421, f"The Host header is {shown!r:.80}", "Ask this service as localhost or 127.0.0.1.")
        if PUBLIC_PATHS.fullmatch(path):
            return None
        if self._token is not None and not self._bears_token(authorization):
            return RequestError(
                401,
                "The token is wrong" if authorization else "The request has no token",
                "Send Authorization: Bearer TOKEN, with the token of the service's --token-file.",
                headers={"WWW-Authenticate": 'Bearer realm="recurra"'},
            )
        if path.startswith("/v1/") and site not in (None, b"same-origin", b"none"):
            return RequestError(403, "The request comes from a page of another site", "Open this service's own page.")
        return None

    def _is_ours(self, host: bytes | None) -> bool:
        return host is not None and _PORT.sub(b"", host).strip(b"[]").lower() in (self._hosts or ())

    def _bears_token(self, authorization: bytes | None) -> bool:
        scheme, _, given = (authorization or b"").partition(b" ")
        # The time taken must not disclose how much of the token was right.
        right = hmac.compare_digest(given.strip(), self._token or b"")
        return scheme.lower() == b"bearer" and right


def is_loopback(host: str) -> bool:
    """Whether an address can only be reached from this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def read_token(path: Path) -> str:
    """Reads the token in a file.

    Raises:
        SettingsError: the file cannot be read, everybody on the machine can read it, or it holds no token.
    """
    hint = "Make one with: (umask 077; python3 -c 'import secrets; print(secrets.token_urlsafe())' > FILE)"
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise SettingsError(f"--token-file {path} is no regular file", hint)
            if status.st_mode & (stat.S_IROTH | stat.S_IWOTH):
                raise SettingsError(
                    f"Everybody on this machine can read or write --token-file {path}", f"Say: chmod 600 {path}"
                )
            data = file.read(LONGEST_TOKEN + 2)
    except (OSError, ValueError) as error:
        if isinstance(error, SettingsError):
            raise
        reason = getattr(error, "strerror", None) or str(error)
        raise SettingsError(f"--token-file {path} cannot be read: {reason}", hint) from error
    token = data.strip()
    if not SHORTEST_TOKEN <= len(token) <= LONGEST_TOKEN or not re.fullmatch(rb"[!-~]+", token):
        raise SettingsError(
            f"--token-file {path} holds no token of {SHORTEST_TOKEN} characters or more, without spaces", hint
        )
    return token.decode()
