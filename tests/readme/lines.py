# SPDX-License-Identifier: MIT
"""lines.py PROGRAM ROOT PAGE...: command lines that stand in the pages without what they print are run, and figures made again.

In backticks, and indented. A line is whole if nothing in it stands for something else: no dots, no FILE, no bare
name. Whole lines end well and print what printed.txt has of them, unless not_run.txt says why they are not run; those of
docs/capabilities.md are capabilities.sh's. Each figure has a line within a few lines of it that makes it; what such a line draws is the figure that is kept.
"""
import math
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

program, root, pages = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve(), [pathlib.Path(name) for name in sys.argv[3:]]
wrong = []

# What the lines read, in this order.
MADE = ["moebius diagram --set bias=0.1 --vary feedback=0.5:8 --out run.json",
        "moebius simulate --model softmax --experts 8 --set feedback=3 --batch 256 --steps 2000 --step 0.05 --log loads.npz"]


def lines_of(text):
    """(line number, command) of each line of a page that names what is run, but for console blocks (check.sh)."""
    text = re.sub(r"^```console\n.*?^```$", lambda block: "\n" * block[0].count("\n"), text, flags=re.M | re.S)
    text = text.replace(" \\\n", "  \n")  # a line that goes on
    found = []
    for inline in re.finditer(r"`((?:moebius|scripts/)[^`\n]*)`", text):
        found.append((inline.start(), inline[1]))
    for block in re.finditer(r"^    ((?:moebius|scripts/)[^#\n]*(?:\n {8}-.*)*)", text, re.M):
        found.append((block.start(), block[1]))
    return [(text.count("\n", 0, at) + 1, " ".join(line.split())) for at, line in sorted(found)]


def whole(line):
    words = line.split()
    return words[0] == "moebius" and len(words) > 2 and not re.search(r"…|\b(?:FILE|COMMAND|FOLDER|N|NAME|PATH)\b", line)


def draws(line, name):
    """Whether a line makes the figure NAME.svg, or it as one of several (NAME-part.svg)."""
    made = re.search(r"--plot (\S+)\.svg", line)
    return bool(made) and (name == made[1] + ".svg" or name.startswith(made[1] + "-"))


def run(line, folder):
    env = {**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}"}
    done = subprocess.run(line, shell=True, cwd=folder, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return done.returncode, done.stderr.strip(), untimed(done.stdout)


def untimed(text):
    """How long something takes is no claim of a page, as in check.sh; nor are blanks at the end of a line."""
    text = re.sub(r"[0-9.e+-]+ (?:µs|ms|s|min|h)\b(?: \([^)]*\))?", "some time", text)
    return "\n".join(line.rstrip() for line in text.splitlines())


def entries(text):
    """{line: what it prints} of blocks that begin with "$ line"; what ends in "..." goes on."""
    return {block.split("\n", 1)[0]: block.split("\n", 1)[1].rstrip("\n") for block in re.split(r"^\$ ", text, flags=re.M)[1:]}


def drawn(path):
    """Words of a figure, and its curves as lists of points."""
    text = path.read_text()
    words = sorted(re.sub("<[^>]*>", "", one).strip() for one in re.findall(r"<text.*?</text>", text, re.S))
    curves = []
    for d in re.findall(r"<path[^>]*\bd='([^']*)'", text):
        for piece in re.split("M", d)[1:]:
            curves.append([tuple(map(float, point)) for point in re.findall(r"(-?[\d.]+)[ ,](-?[\d.]+)", piece)])
    return words, curves


def gap(point, a, b):
    """From a point to a segment."""
    (x, y), (ax, ay), (bx, by) = point, a, b
    length = (bx - ax) ** 2 + (by - ay) ** 2
    share = 0 if length == 0 else min(1, max(0, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length))
    return math.hypot(ax + share * (bx - ax) - x, ay + share * (by - ay) - y)


def farthest(ours, theirs):
    segments = [pair for curve in theirs for pair in zip(curve, curve[1:] or curve)]
    return max(min(gap(point, *pair) for pair in segments) for curve in ours for point in curve)


not_run, used = {}, set()
for entry in (pathlib.Path(__file__).parent / "not_run.txt").read_text().splitlines():
    if entry and not entry.startswith("#"):
        line, reason = entry.split("  # ", 1)
        not_run[line.strip()] = reason

def as_printed(out, line):
    wanted = printed.get(line, "nothing of it")
    return out.startswith(wanted[:-3]) if wanted.endswith("...") else out == wanted


printed = entries((pathlib.Path(__file__).parent / "printed.txt").read_text())
count = figures = again = 0
with tempfile.TemporaryDirectory() as scratch:
    os.symlink(root / "data", f"{scratch}/data")
    blocks = re.search(r"^```json\n(.*?)^```$", (root / "docs/sweeps.md").read_text(), re.M | re.S)
    pathlib.Path(scratch, "sweep.json").write_text(blocks[1])
    for line in MADE:
        assert run(line, scratch)[0] == 0, line
    done = set()
    for page in pages:
        text, lines = page.read_text(), []
        if page.stem != "capabilities":
            lines = lines_of(text)
        for _, line in lines:
            if not whole(line) or line in done:
                continue
            if line in not_run:
                used.add(line)
                continue
            done.add(line)
            count += 1
            code, told, out = run(line, scratch)
            if code not in (0, 3):  # 3: part of it was not found, which the page may be about
                wrong.append(f"{page.name}: {line} ends with {code}: {told}")
            if not as_printed(out, line):
                wrong.append(f"{page.name}: not what printed.txt has:\n$ {line}\n{out}\n")
        for figure in re.finditer(r"!\[[^]]*\]\(([^)]*?([^/)]*\.svg))\)", text):
            figures += 1
            at, name = text.count("\n", 0, figure.start()) + 1, figure[2]
            if not any(abs(at - place) <= 8 and draws(line, name) for place, line in lines):
                wrong.append(f"{page.name}:{at}: no line near {name} makes it")
    for path in sorted(pathlib.Path(scratch).glob("*.svg")):
        kept = root / "data/results" / path.name
        if kept.exists():
            again += 1
            (words, curves), (kept_words, kept_curves) = drawn(path), drawn(kept)
            far = max(farthest(curves, kept_curves), farthest(kept_curves, curves))
            print(f"{path.name}: {far:.2f} pixels from what is kept")
            if words != kept_words or far > 2:  # the width of a line
                wrong.append(f"{path.name}: what is drawn now is {far:.1f} pixels from what data/results keeps, or says other words")
wrong += [f"not_run.txt: no page has {line}" for line in not_run.keys() - used]
wrong += [f"printed.txt: no page has {line}" for line in printed.keys() - done]
assert count >= 5 and figures >= 4 and again >= 1 and not wrong, "\n".join([f"{count} lines, {figures} figures, {again} made again", *wrong])
print(f"{count} lines run, {len(used)} not, {figures} figures, {again} made again")
