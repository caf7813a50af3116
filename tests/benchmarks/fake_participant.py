"""A participant that claims what it is told to, for tests of the driver: ``python fake_participant.py SCRIPT``.

SCRIPT is a JSON file: ``name``, ``order`` (a file to which each turn is noted), ``timings`` ([seconds, documents] of
each round) and, to go wrong, ``fail``: what to do before the first answer, or in place of round ``fail_round``.
"""

import json
import sys
import time
from pathlib import Path

script = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))


def fail() -> None:
    if script["fail"] == "die":
        print("something to read\nMemoryError: the last line", file=sys.stderr)
        sys.exit(3)
    if script["fail"] == "missing":
        print(json.dumps({"missing": "keras"}), flush=True)
        sys.exit(0)
    if script["fail"] == "chatter":
        print("Welcome!", flush=True)
    if script["fail"] == "hang":
        time.sleep(60)


def note(what: str) -> None:
    with Path(script["order"]).open("a", encoding="utf-8") as file:
        file.write(f"{script['name']}:{what}\n")


if "fail" in script and "fail_round" not in script:
    fail()
ready = {"title": script["name"], "settings": script.get("settings", "as told"), "versions": {"fake": "1"}}
print(json.dumps(ready), flush=True)
for number, _ in enumerate(sys.stdin):
    if script.get("fail_round") == number:
        fail()
    note("go")
    seconds, documents = script["timings"][number % len(script["timings"])]
    print(json.dumps({"seconds": seconds, "documents": documents}), flush=True)
note("end")
