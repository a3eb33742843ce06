# SPDX-License-Identifier: MIT
"""Spoils files in every way that is known to have hurt, and runs the program on each.

usage: kinds.py PROGRAM FOLDER COUNT FILE...
FILE are results; of each, COUNT spoilt ones are tried (0: all), and all tables, gates and checkpoints.
What is refused ends with 2 and one sentence that names the file; nothing else is written; no run takes
200 MB. What is read all the same may end with 0 or 3. The slowest refusal is told.
"""
import json
import os
import random
import re
import struct
import subprocess
import sys
from pathlib import Path

MOST_MEMORY = 200  # MB
RAW = re.compile(rb"json\.exception|vector::|basic_string|std::|stoi|_M_|what\(\)|terminate|[\x00-\x09\x0b-\x1f\x7f-\xff]")
BAD_NUMBERS = ["NaN", "Infinity", "-Infinity", "1e308", "-1e308", "1e999", "-1", "0.5", "1e9", "9007199254740993",
               "18446744073709551616", "1" + "0" * 9999, "1e-99999", '"x"', '"inf"', "null", "true", "[]", "{}", "[[1]]",
               '"1-99999999999"', '"`touch pwned`"', '"\\u0000"', '"\\ud800"']


class Runs:
    """Runs the program in an empty folder and looks at what it left."""

    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        self.read = self.refused = 0
        self.slowest, self.largest = (0.0, ""), (0.0, "")
        self.failures = []

    def run(self, what, words, name, kept=(), made=()):
        """One run on the file `name`; `kept` stay as they are, `made` may be written where it ends well."""
        before = {file: (self.folder / file).read_bytes() for file in kept}
        child = subprocess.Popen([self.program, *words], cwd=self.folder, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        said = child.stderr.read()
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = code = os.waitstatus_to_exitcode(status)
        took, memory = usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024  # of the processor: others run here
        child.stderr.close()
        wrong = []
        if code == 2:
            self.refused += 1
            self.slowest = max(self.slowest, (took, what))
            if not said.startswith(b"moebius: ") or said.count(b"\n") != 1 or name.encode() not in said:
                wrong.append("no sentence that names the file")
        elif code in (0, 3):
            self.read += 1
        else:
            wrong.append(f"exit code {code}")
        if RAW.search(said.replace(b"\n", b"")):
            wrong.append("raw text")
        if len(said) > 1200:
            wrong.append(f"{len(said)} bytes of text")
        self.largest = max(self.largest, (memory, what))
        if memory > MOST_MEMORY:
            wrong.append(f"{memory:.0f} MB")
        allowed = {name, *kept, *(made if code != 2 else ())}
        for file in list(self.folder.iterdir()):
            if file.name not in allowed and not (code != 2 and file.name.startswith("z")):
                wrong.append(f"it wrote {file.name}")
            if file.name not in (name, *kept):
                file.unlink()
        for file, old in before.items():
            if (self.folder / file).read_bytes() != old:
                wrong.append(f"it changed {file}")
        if wrong:
            self.failures.append(f"{what}: {', '.join(wrong)}: {said[:300]!r}")


def places(value, path=()):
    """One place of each kind: of every list, the first and the last."""
    yield path
    if isinstance(value, dict):
        for key, part in value.items():
            yield from places(part, path + (key,))
    elif isinstance(value, list):
        for index in sorted({0, len(value) - 1} if value else ()):
            yield from places(value[index], path + (index,))


def replaced(document, path, text):
    """The document as text, with `text` at a place."""
    mark = "\u0001mark\u0001"
    copy = json.loads(json.dumps(document))
    if not path:
        return text
    parent = copy
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = mark
    return json.dumps(copy, ensure_ascii=False).replace(json.dumps(mark), text, 1)


def spoilt_results(good, schemas):
    """(what is done, a function that gives the bytes) of a result."""
    document = json.loads(good)

    def at(place, text):
        return lambda: replaced(document, place, text() if callable(text) else text).encode()

    for what, text in {
            **{f"cut at {cut}": good[:cut] for cut in (0, 1, len(good) // 3, len(good) * 9 // 10, len(good) - 3)},
            "byte order mark": b"\xef\xbb\xbf" + good, "UTF-16": good.decode().encode("utf-16"),
            "zero byte behind": good + b"\0", "zero byte within": good.replace(b'"options"', b'"opt\0ions"', 1),
            "no UTF-8": good.replace(b'"command"', b'"c\xff\xfe"', 1),
            "overlong": good.replace(b'"command"', b'"c\xc0\xaf"', 1), "something behind": good + b"{}",
            "comment": b"// ours\n" + good, "quotes": good.replace(b'"', b"'"), "comma": good.rstrip()[:-1] + b",}",
            **{f"all of it {text[:8]}": text.encode()
               for text in ("null", "{}", "[]", "1", '""', "[" * 50000, '{"a":' * 50000, "nan", "[1,2")}}.items():
        yield what, lambda text=text: text
    for schema in schemas:
        if schema != document["schema"]:
            yield f"schema {schema}", at(("schema",), json.dumps(schema))
    for schema in ("moebius.grid/2", "moebius.grid", "x" * 1000000, "moebius.\u202egrid/1"):
        yield f"schema {schema[:20]!r}", at(("schema",), json.dumps(schema))
    for path in places(document):
        if not path:
            continue
        value = document
        for key in path:
            value = value[key]
        name = "/" + "/".join(map(str, path))
        for text in BAD_NUMBERS:
            yield f"{name} = {text[:20]}", at(path, text)
        yield f"{name} deep", at(path, "[" * 1000 + "]" * 1000)
        if isinstance(path[-1], str):
            yield f"{name} twice", at(path, f"1,{json.dumps(path[-1])}:1")
        if isinstance(value, list):
            for size in {0, 1, len(value) // 2, len(value) - 1}:
                yield f"{name} of {size}", at(path, lambda value=value, size=size: json.dumps(value[:size]))
            yield f"{name} doubled", at(path, lambda value=value: json.dumps(value + value))
        if isinstance(value, dict):
            for key in value:
                less = lambda value=value, key=key: json.dumps({k: v for k, v in value.items() if k != key})
                yield f"{name} without {key}", at(path, less)
            yield f"{name} with a long name", at(path, lambda value=value: json.dumps({**value, "x" * 1000000: 1}))
        if isinstance(value, str):
            yield f"{name} long", at(path, lambda: json.dumps("`$(\n" * 250000))
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            for text in ("-1", "1000000000", "4294967296", "1e300"):
                yield f"{name} = {text}", at(path, text)


def npy(shape, data, descr="<f8", order="False", version=1, length=None):
    header = f"{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}".ljust(117) + "\n"
    size = len(header) if length is None else length
    head = struct.pack("<H", size) if version == 1 else struct.pack("<I", size)
    return b"\x93NUMPY" + bytes([version, 0]) + head + header.encode("latin-1") + data


def spoilt_tables():
    """(what, ending, bytes): every one of them is refused, or a table all the same."""
    row = "0.5,1,0\n"
    for what, text in {
            "empty": "", "blank": "\n\n \n", "names alone": "a,b,c\n", "nan": "1,nan,0\n", "inf": "1,inf,0\n",
            "1e999": "1,1e999,0\n", "ragged": row + "1,2\n", "longer": row + "1,2,0,0\n", "a word": row + "1,x,0\n",
            "an empty cell": row + "1,,0\n", "hex": row + "0x10,1,0\n", "quotes": row + '"1",2,0\n',
            "semicolons": "1;2;0\n1;2\n3\n", "a half class": row + "1,2,0.5\n", "a far class": row + "1,2,1e300\n",
            "a command": row + "`touch pwned`,1,0\n", "a long line": row + "1," * 100000 + "1\n",
            "a long word": row + "x" * 1000000 + ",1,0\n", "colours": row + "\x1b[31m,1,0\n", "one column": "1\n2\n",
            "tabs": "1\t2\t0\n1\t2\n", "carriage": "1,2,0\r1,2,0\r"}.items():
        yield what, "csv", text.encode()
    for what, text in {"zero bytes": b"1,2,0\n\0\0\0\n", "no UTF-8": b"1,\xff\xfe,0\n", "UTF-16": row.encode("utf-16"),
                       "noise": bytes(random.Random(1).randrange(256) for _ in range(5000)),
                       "a mark and a word": b"\xef\xbb\xbfx\n1,2\n3\n"}.items():
        yield what, "csv", text
    numbers = struct.pack("<6d", 0.5, 1, 0, 0.25, 2, 1)
    nan, far = struct.pack("<3d", 1, float("nan"), 0), struct.pack("<3q", 2**60, 1, 0)
    for what, text in {
            "cut": npy("(2, 3)", numbers[:-1]), "claims more": npy("(2000000000, 3)", numbers),
            "wraps": npy("(4294967296, 4294967296)", numbers), "digits": npy("(" + "9" * 60 + ", 3)", numbers),
            "negative": npy("(-1, 3)", numbers), "no rows": npy("(0, 3)", b""), "no columns": npy("(3, 0)", b""),
            "rank 0": npy("()", numbers[:8]), "rank 3": npy("(1, 2, 3)", numbers), "objects": npy("(2, 3)", numbers, "|O"),
            "text": npy("(2, 3)", numbers, "<U8"), "big endian": npy("(2, 3)", numbers, ">f8"),
            "complex": npy("(1, 3)", numbers, "<c16"), "Fortran": npy("(2, 3)", numbers, order="True"),
            "version 9": npy("(2, 3)", numbers, version=9), "a header beyond": npy("(2, 3)", numbers, length=65000),
            "no header": b"\x93NUMPY\x01\x00", "magic": b"\x93NUMPY", "half a magic": b"\x93NUM",
            "a long header": npy("(2, 3)", numbers, version=2, length=2**31), "nan": npy("(1, 3)", nan),
            "2^60": npy("(1, 3)", far, "<i8"), "no shape": npy("", numbers).replace(b"'shape'", b"'shope'"),
            "zero bytes": npy("(2, 3)\0\0", numbers), "code": npy("__import__('os').system('touch pwned')", numbers),
            "a colour": npy("(2, 3)", numbers, "\x1b[31m")}.items():
        yield what, "npy", text


def main():
    program, folder, count = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    runs = Runs(program, folder)
    draw = random.Random(14)
    files = [Path(file) for file in sys.argv[4:]]
    schemas = sorted({json.loads(file.read_bytes())["schema"] for file in files})
    for file in files:
        every = list(spoilt_results(file.read_bytes(), schemas))
        for what, make in every if count == 0 else draw.sample(every, min(count, len(every))):
            (folder / "spoilt.json").write_bytes(make())
            runs.run(f"{file.name}, {what}", ["plot", "spoilt.json", "--out", "z.svg"], "spoilt.json")
            (folder / "spoilt.json").unlink()
    short = ["--batch", "4", "--steps", "20"]
    (folder / "sound.csv").write_text("1,2,0\n2,1,1\n" * 20)
    for what, ending, text in spoilt_tables():
        name = f"spoilt.{ending}"
        (folder / name).write_bytes(text)
        for words in (["simulate", *short, "--tokens", name], ["train", *short, "--data", name],
                      ["diagram", "--model", "token-response", "--vary", "feedback=1:2", "--tokens", name]):
            runs.run(f"{what}.{ending}, {words[0]}", words, name, kept=["sound.csv"])
        if ending == "npy":
            runs.run(f"{what}, gate", ["simulate", *short, "--tokens", "sound.csv", "--gate", name], name,
                     kept=["sound.csv"])
        (folder / name).unlink()
    train = ["train", "--data", "sound.csv", "--hidden", "2", *short, "--record-every", "10", "--checkpoint"]
    subprocess.run([program, *train, "c"], cwd=folder, check=True, capture_output=True)
    good = (folder / "c").read_bytes()
    (folder / "c").unlink()
    for old in folder.glob("c.*"):
        old.unlink()
    kept = ["sound.csv"]
    for what, text in {"empty": b"", "cut": good[:-1], "half": good[:len(good) // 2], "longer": good + b"\0",
                       "a table": npy("(1, 3)", struct.pack("<3d", 1, 2, 3)), "noise": draw.randbytes(5000),
                       "nan": good[:-8] + struct.pack("<d", float("nan")), "a result": files[0].read_bytes(),
                       "its front alone": good[:128], "zeros": bytes(len(good))}.items():
        (folder / "spoilt").write_bytes(text)
        runs.run(f"checkpoint, {what}", [*train, "spoilt"], "spoilt", kept=[*kept, "spoilt"], made=["spoilt.lock"])
        (folder / "spoilt").unlink()
    for failure in runs.failures[:40]:
        print(failure)
    print(f"{runs.refused} refused, {runs.read} read all the same, {len(runs.failures)} failures; slowest refusal "
          f"{runs.slowest[0]:.2f} s ({runs.slowest[1]}), most memory {runs.largest[0]:.0f} MB ({runs.largest[1]})")
    return 1 if runs.failures or runs.refused == 0 else 0


sys.exit(main())
