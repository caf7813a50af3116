"""Damaged files by the thousand: ``python mutations.py KIND FIRST COUNT``, in a process with 2 GB and 5 s of a
processor for each.

Each file is refused in one line or read as a model that can be written. HDF5 is read in this process, not in one for
each file, which would take hours; a file that takes too long so is given to the program as it is.
"""

from __future__ import annotations

import io
import json
import random
import resource
import signal
import sys
import tempfile
import time
import traceback
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from safetensors.numpy import save

from recurra.bundle.format import encode
from recurra.errors import ModelFileError, RecurraError
from recurra.importing import keras
from recurra.importing.hdf5 import Hdf5, read_hdf5
from recurra.importing.hdf5_process import RefusedError, extract
from recurra.importing.model import import_model
from recurra.importing.options import ImportOptions

sys.path.insert(0, str(Path(__file__).parent))

from conftest import keras_model

KINDS = ("keras", "h5", "safetensors")
MEMORY, SECONDS = 2 << 30, 5
ODD_NUMBERS = (0, 1, 2, 7, 8, 255, 0x7FFF, 0xFFFF, 2**31 - 1, 2**31, 2**32 - 1, 2**40, 2**63 - 1, 2**63, 2**64 - 1)
ODD_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 3, 2**31, 2**63, 10**30, 0.5, 1e300, "", "relu", "softmax", "Lambda", "LSTM",
    "\x00", "\ud800", [], [1], {}, {"class_name": "Lambda"}, [[[]]], "x" * 5000, float("inf"), float("nan"),
)  # fmt: skip


class TooSlow(BaseException):
    """A file took more than its seconds."""


def damaged(data: bytes, draw: random.Random) -> bytes:
    """The bytes with flips, a cut, an odd number, or a part moved, doubled, left out or filled with one byte."""
    found = bytearray(data)
    for _ in range(draw.choice((1, 1, 1, 2, 4, 16))):
        place, size = draw.randrange(len(found)), draw.choice((1, 2, 4, 8, 64, 512))
        match draw.randrange(8):
            case 0:
                found[place] ^= 1 << draw.randrange(8)
            case 1:
                found[place] = draw.randrange(256)
            case 2:
                number = draw.choice((2, 4, 8))
                place -= place % number
                value = draw.choice(ODD_NUMBERS) % 256**number
                found[place : place + number] = value.to_bytes(number, "little")
            case 3:
                del found[place : place + size]
            case 4:
                found[place:place] = found[place : place + size]
            case 5:
                found[place : place + size] = bytes([draw.choice((0, 255))]) * size
            case 6:
                other = draw.randrange(len(found))
                found[place : place + size] = found[other : other + size]
            case _ if draw.random() < 0.3:
                del found[place:]
            case _:
                found[place] = draw.randrange(256)
        if not found:
            return b""
    return bytes(found)


def changed_json(value: Any, draw: random.Random) -> Any:
    """A JSON value with something in it replaced, left out, doubled or renamed."""
    if not isinstance(value, dict | list) or not value or draw.random() < 0.15:
        return draw.choice(ODD_VALUES)
    if isinstance(value, list):
        place = draw.randrange(len(value))
        match draw.randrange(6):
            case 0:
                return value[:place] + value[place + 1 :]
            case 1:
                return value[: place + 1] + value[place:]
            case 2:
                return value[::-1]
            case _:
                return [changed_json(one, draw) if k == place else one for k, one in enumerate(value)]
    name = draw.choice(list(value))
    match draw.randrange(6):
        case 0:
            return {key: one for key, one in value.items() if key != name}
        case 1:
            return {f"{key}x" if key == name else key: one for key, one in value.items()}
        case _:
            return {key: changed_json(one, draw) if key == name else one for key, one in value.items()}


def damaged_archive(data: bytes, draw: random.Random) -> bytes:
    """A ``.keras`` file that is damaged itself, or one of whose members is, with checksums that are right."""
    if draw.random() < 0.3:
        return damaged(data, draw)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = draw.choice(["config.json"] * 4 + ["model.weights.h5"] * 4 + list(members))
    if name == "config.json" and draw.random() < 0.8:
        config = json.loads(members[name])
        for _ in range(draw.choice((1, 1, 2, 3))):
            config = changed_json(config, draw)
        members[name] = json.dumps(config).encode()
    else:
        members[name] = damaged(members[name], draw)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", draw.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as archive:
        for one, content in members.items():
            archive.writestr(one, content)
    return out.getvalue()


def damaged_state(data: bytes, draw: random.Random) -> bytes:
    """A safetensors file that is damaged itself, or with another header."""
    if draw.random() < 0.4:
        return damaged(data, draw)
    size = int.from_bytes(data[:8], "little")
    header = changed_json(json.loads(data[8 : 8 + size]), draw)
    written = json.dumps(header).encode()
    return len(written).to_bytes(8, "little") + written + data[8 + size :]


def state_dict() -> bytes:
    """A small GRU in two directions, as torch names its weights."""
    draw = np.random.default_rng(0)
    shapes = {"embed.weight": (12, 3), "head.weight": (2, 4), "head.bias": (2,)}
    for back in ("", "_reverse"):
        shapes |= {f"rnn.weight_ih_l0{back}": (6, 3), f"rnn.weight_hh_l0{back}": (6, 2)}
        shapes |= {f"rnn.bias_ih_l0{back}": (6,), f"rnn.bias_hh_l0{back}": (6,)}
    return save({name: draw.normal(size=shape).astype(np.float32) for name, shape in shapes.items()})


def read_here(data: bytes) -> Hdf5:
    """What the process for HDF5 reads, in this one."""
    try:
        return Hdf5(*extract(data))
    except RefusedError as error:
        raise ModelFileError(str(error), "Save the model again.") from None


def sources(kind: str, folder: Path) -> list[tuple[bytes, ImportOptions]]:
    """The files that are damaged, and options with which they are read."""
    if kind == "keras":
        names = ("bilstm_stacked", "simple_rnn_fixed", "gru_masked", "keras2_bigru_fixed")
        return [(keras_model(name).data, ImportOptions()) for name in names]
    words = folder / "words.txt"
    if kind == "h5":
        models = [keras_model(name) for name in ("whole_bilstm", "keras2_whole_gru_masked")]
        words.write_text("\n".join(models[0].vocabulary or ()), encoding="utf-8")
        return [(model.data, ImportOptions(vocabulary=words)) for model in models]
    words.write_text("\n".join("abcdefghij"), encoding="utf-8")
    return [(state_dict(), ImportOptions(vocabulary=words, tokens="words", pooling="last"))]


DAMAGE = {"keras": damaged_archive, "h5": damaged, "safetensors": damaged_state}


def outcome(path: Path, options: ImportOptions) -> str:
    """What becomes of a file: ``refused``, ``accepted``, or ``slow``; anything else is an error."""
    try:
        with mock.patch.object(keras, "read_hdf5", read_here):
            encode(import_model(path, options).bundle)
        return "accepted"
    except RecurraError as error:
        if "\n" in str(error) or len(str(error)) > 1_000 or not error.hint:
            raise AssertionError(f"not one line: {error!r:.2000}") from None
        return "refused"
    except TooSlow:
        return "slow"


def main(kind: str, first: int, count: int) -> None:
    """Reads damaged files and prints what became of them."""
    found: Counter[str] = Counter()
    failures, slowest = [], 0.0
    with tempfile.TemporaryDirectory() as name:
        path, given = Path(name) / "damaged", sources(kind, Path(name))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))

        def stop(*_: object) -> None:
            raise TooSlow

        signal.signal(signal.SIGPROF, stop)
        for number in range(first, first + count):
            draw = random.Random(f"{kind} {number}")
            data, options = given[number % len(given)]
            path.write_bytes(DAMAGE[kind](data, draw))
            began = time.process_time()
            signal.setitimer(signal.ITIMER_PROF, SECONDS)
            try:
                what = outcome(path, options)
            except Exception:
                what = "failed"
                failures.append(f"{kind} {number}: {traceback.format_exc()[-1500:]}")
            finally:
                signal.setitimer(signal.ITIMER_PROF, 0)
            slowest = max(slowest, time.process_time() - began)
            if what == "slow":
                # The program itself gives the file a process of its own, with a limit.
                try:
                    import_model(path, options)
                    failures.append(f"{kind} {number}: slow here, and accepted by the program")
                except RecurraError:
                    pass
            found[what] += 1
    # Not getrusage, whose figure a program has from the process that started it.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:"))
    print(json.dumps({"found": found, "failures": failures, "slowest": slowest, "peak_kb": peak}))


if __name__ == "__main__":
    assert read_hdf5 is keras.read_hdf5
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
