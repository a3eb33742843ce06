# SPDX-License-Identifier: MIT
"""Edits results and sees that each is read, or refused with a sentence.

usage: mutate.py READER FOLDER COUNT FILE...
READER is read_results; COUNT edits are made of each FILE, in FOLDER.
"""
import copy
import json
import random
import re
import subprocess
import sys
import time
from pathlib import Path

NUMBERS = [0, -1, 1, 0.5, 2**31, 2**53 + 1, 2**64 - 1, 10**30, -(2**63), 1e308, -1e308, 1e-320, -0.0]
RAW = {"NaN": float("nan"), "1e999": 1e999}  # no JSON: json.dumps writes NaN and Infinity
OTHERS = [None, True, "", "inf", "-inf", "nan", "x" * 100, "\x1b[31m", "`touch pwned`", "1-99999999999", [], {},
          [[]], [[1, 2], [3]], {"a": 1}, "LP1", "κ\u202e"]


def places(value, path=()):
    """All places of a document, as paths."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in items:
        yield from places(part, path + (key,))


def at(value, path):
    for key in path:
        value = value[key]
    return value


def choose(places_by_depth, draw):
    """A place, all depths alike: most places are numbers of columns."""
    return draw.choice(places_by_depth[draw.choice(list(places_by_depth))])


def edit(document, by_depth, draw):
    """One change of one place."""
    path = choose(by_depth, draw)
    if not path:
        return draw.choice(OTHERS)
    try:
        parent, key = at(document, path[:-1]), path[-1]
        if isinstance(parent, str) or parent[key] is parent:
            return document
    except (KeyError, IndexError, TypeError):
        return document  # an earlier edit took it away
    what = draw.randrange(9)
    if what == 0:
        del parent[key]
    elif what == 1:
        parent[key] = draw.choice(NUMBERS)
    elif what == 2:
        parent[key] = draw.choice(OTHERS)
    elif what == 3:
        parent[key] = draw.choice(list(RAW.values()))
    elif what == 4 and isinstance(parent[key], list):
        parent[key] = parent[key][: draw.randrange(len(parent[key]) + 1)]
    elif what == 5 and isinstance(parent[key], list):
        parent[key] = parent[key] + [draw.choice(NUMBERS + OTHERS)]
    elif what == 6 and isinstance(parent, dict):
        parent[draw.choice(["x", "", "load_2", "stable", key + "2", "\x1b"])] = parent.pop(key)
    elif what == 7:
        other = choose(by_depth, draw)
        try:
            parent[key] = copy.deepcopy(at(document, other))
        except (KeyError, IndexError, TypeError):
            pass
    elif isinstance(parent[key], (int, float)) and not isinstance(parent[key], bool):
        parent[key] = -parent[key] * draw.choice([1, 1e300, 7])
    return document


def cut(text, draw):
    """One change of the bytes."""
    where = draw.randrange(len(text))
    return draw.choice([text[:where], text[:where] + bytes([draw.randrange(256)]) + text[where + 1:],
                        text[:where] + text[where + draw.randrange(1, 50):]])


def main():
    reader, folder, count = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    draw = random.Random(14)
    folder.mkdir(parents=True, exist_ok=True)
    program = subprocess.Popen([reader], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=folder)
    raw = re.compile(rb"json\.exception|vector::|basic_string|std::|stoi|_M_|[\x00-\x09\x0b-\x1f\x7f]|RAW ")
    read = refused = 0
    slowest = 0.0
    for file in sys.argv[4:]:
        good = Path(file).read_bytes()
        document = json.loads(good)
        by_depth = {}
        for path in places(document):
            by_depth.setdefault(len(path), []).append(path)
        for number in range(count):
            if number % 5 == 4:
                text = cut(good, draw)
            else:
                changed = copy.deepcopy(document)
                for _ in range(draw.choice([1, 1, 1, 2, 3])):
                    changed = edit(changed, by_depth, draw)
                    if not isinstance(changed, dict):
                        break
                text = json.dumps(changed).replace("Infinity", draw.choice(["1e999", "Infinity"])).encode()
            (folder / "edited.json").write_bytes(text)
            start = time.monotonic()
            program.stdin.write(b"edited.json\n")
            program.stdin.flush()
            answer = program.stdout.readline()
            took = time.monotonic() - start
            slowest = max(slowest, took)
            if not answer or raw.search(answer[:-1]) or len(answer) > 600:
                (folder / "failed.json").write_bytes(text)
                sys.exit(f"{file}, edit {number}, kept as failed.json: {answer or 'the reader crashed'}")
            if answer.startswith(b"read"):
                read += 1
            else:
                refused += 1
                if not answer.startswith(b"edited.json: "):
                    sys.exit(f"{file}, edit {number}: no file in the sentence: {answer}")
    program.stdin.close()
    print(f"{read} read, {refused} refused, slowest {slowest:.2f} s")
    return program.wait()


sys.exit(main())
