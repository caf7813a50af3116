"""The file for nginx in the documents, with two services behind it."""

from __future__ import annotations

import getpass
import json
import re
import shutil
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from processes import Service, write_models

import recurra

PAGE = Path(__file__).parents[2] / "docs" / "scale" / "serving.md"


def configured(folder: Path, ports: dict[int, int]) -> Path:
    """The page's file with other ports, as a whole one that needs no rights and no other folder."""
    (given,) = re.findall(r"```nginx\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    for old, new in ports.items():
        assert f"127.0.0.1:{old};" in given
        given = given.replace(f"127.0.0.1:{old};", f"127.0.0.1:{new};")
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = "".join(f"{kind}_temp_path {folder / kind};\n" for kind in kinds)
    user = "user root;\n" if getpass.getuser() == "root" else ""
    (folder / "nginx.conf").write_text(
        f"{user}daemon off;\npid {folder / 'pid'};\nerror_log stderr;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{places}{given}\n}}\n"
    )
    return folder / "nginx.conf"


@pytest.mark.slow
def test_nginx_as_the_page_has_it(tmp_path: Path) -> None:
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if nginx is None:
        pytest.skip("there is no nginx here")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    paths = write_models(tmp_path)
    right = recurra.load(paths[0]).predict_proba(["oil"])[0]
    failed: list[str] = []

    def ask(path: str, body: bytes | None = None, kind: str = "application/json") -> tuple[int, bytes]:
        asked = urllib.request.Request(f"http://127.0.0.1:{port}{path}", body, {"content-type": kind})
        try:
            with urllib.request.urlopen(asked, timeout=20) as found:  # noqa: S310
                return found.status, found.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()

    def classified() -> list[float]:
        status, body = ask("/v1/classify", b'{"texts": ["oil"]}')
        return [] if status != 200 else list(json.loads(body)["results"][0]["probabilities"].values())

    with Service(*paths) as one, Service(*paths) as other:
        config = configured(tmp_path, {8000: one.port, 8001: other.port, 8080: port})
        with subprocess.Popen([nginx, "-c", str(config)], stderr=subprocess.PIPE, text=True) as proxy:
            try:
                for _ in range(100):
                    try:
                        socket.create_connection(("127.0.0.1", port)).close()
                        break
                    except OSError:
                        time.sleep(0.05)
                assert classified() == pytest.approx(right, abs=1e-6)
                assert ask("/readyz") == (200, b'{"state":"ready"}')
                assert ask("/metrics")[0] == 403
                lines = b'{"text": "oil"}\n' * 3000
                status, body = ask("/stream/classify", lines, "application/x-ndjson")
                assert (status, len(body.splitlines())) == (200, 3000)
                stopped = threading.Event()

                def client() -> None:
                    while not stopped.wait(0.05):
                        if classified() != pytest.approx(right, abs=1e-6):
                            failed.append("an answer was lost")

                clients = [threading.Thread(target=client) for _ in range(3)]
                for thread in clients:
                    thread.start()
                time.sleep(0.5)
                one.signal()
                assert one.ended()[0] == 0
                time.sleep(0.5)
                stopped.set()
                for thread in clients:
                    thread.join(30)
            finally:
                proxy.terminate()
            log = proxy.communicate(timeout=20)[1]
    assert failed == [], log
