"""Changed sweep files, judged by the published schema and by the program."""

import copy
import json
import subprocess
import sys

import jsonschema

PROGRAM, SCHEMA = sys.argv[1], json.load(open(sys.argv[2], encoding="utf-8"))

RANGE = {"parameter": "a", "from": 0.5, "to": 2, "points": 3}
BASE = {"schema": "moebius.plan/1", "command": "spin", "axes": [RANGE, dict(RANGE, parameter="b")],
        "keep": {"v": "/value"}}


def changed(path, value):
    out = copy.deepcopy(BASE)
    at = out
    for key in path[:-1]:
        at = at[key]
    if value is None:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return out


CASES = [BASE, changed(["schema"], "moebius.plan/2"), changed(["schema"], None),
         changed(["command"], ["spin"]), changed(["command"], []), changed(["command"], " "),
         changed(["command"], 3), changed(["keep"], {}), changed(["keep"], {"v": "value"}),
         changed(["keep"], None), changed(["axis"], []), changed(["axes"], []),
         changed(["axes", 0, "from"], "1"), changed(["axes", 0, "from"], None),
         changed(["axes", 0, "points"], 0), changed(["axes", 0, "points"], 1.5),
         changed(["axes", 0, "spacing"], "log"), changed(["axes", 0, "spacing"], "lag"),
         changed(["axes", 0], {"parameter": "a", "values": [1, 2]}),
         changed(["axes", 0], {"option": "milliseconds", "values": [1, 2]}),
         changed(["axes", 0], {"option": "batch", "parameter": "a", "values": [1]}),
         changed(["axes", 0], {"parameter": "a", "values": []}),
         changed(["axes", 0], {"values": [1]}), changed(["seeds"], [1, 2]), changed(["seeds"], [-1]),
         changed(["seeds"], []), changed(["seeds"], {"from": 1, "count": 2}),
         changed(["seeds"], {"from": 1}), changed(["seeds"], {"from": 1, "count": 0}),
         changed(["layout"], "grid"), changed(["layout"], "list"), changed(["layout"], "gird"),
         changed(["layout"], {"latin": 0}), changed(["layout"], {"lattice": 1}),
         changed(["refine"], 3), changed(["refine"], {"halvings": 3}), changed(["refine"], {"halvings": 0}),
         changed(["refine"], {"halvings": 25}), changed(["refine"], {"halving": 2}),
         changed(["refine"], {"halvings": 3, "of": "v", "by": 0.5}),
         changed(["refine"], {"halvings": 3, "by": -1}), changed(["refine"], {"halvings": 3, "level": -1}),
         changed(["refine"], {"halvings": 3, "level": 1, "by": 1}), 3, [], "x",
         *(changed(["keep"], {name: "/value"})
           for name in ["a/b", "", "status", "seed", "point", "failure", "a b", "a,b", '"a"', "-a", "_a.b+c@d-e"]),
         *(changed(["axes", 0, "parameter"], name) for name in ["status", "a b", "x_1"]),
         *(changed(["axes", 0], {"option": name, "values": [1]}) for name in ["--milliseconds", "--point", "-", "a=b"]),
         changed(["axes", 0, "points"], 5.0), changed(["axes", 0, "points"], 1e3), changed(["seeds"], [1e3]),
         changed(["seeds"], [1e16]), changed(["seeds"], [10**16]), changed(["seeds"], [2**53 + 1]),
         changed(["seeds"], [True])]

taken = 0
for i, case in enumerate(CASES):
    with open("case.json", "w", encoding="utf-8") as file:
        json.dump(case, file)
    try:
        jsonschema.validate(case, SCHEMA)
        valid = True
    except jsonschema.ValidationError:
        valid = False
    done = subprocess.run([PROGRAM, "plan", "check", "case.json"], capture_output=True, text=True, check=False)
    # what the command refuses has a place, too: here it is spin with its own option
    accepted = not done.stderr.startswith("moebius: case.json: /")
    taken += valid
    if valid != accepted:
        sys.exit(f"case {i}: the schema says {valid}, the program: {done.returncode} {done.stderr}\n{case}")
print(f"{len(CASES)} files, {taken} accepted")
assert 0 < taken < len(CASES)
