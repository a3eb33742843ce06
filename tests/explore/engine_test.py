# SPDX-License-Identifier: MIT
"""engine_test.py PROGRAM WEB ROOT: the page's engine in node, beside the program.

Diagrams and sets agree to rounding, a loop draws the same tokens, and mistakes come back as sentences.
"""
import json
import math
import pathlib
import subprocess
import sys
import tempfile

from program import CLOSE, difference, far, farthest, result_of

program, web, root = sys.argv[1], pathlib.Path(sys.argv[2]).resolve(), sys.argv[3]

ASK = """
const [,, web, call, questions] = process.argv, fs = require('fs');
const answer_of = new Function('engine', 'text', fs.readFileSync(call, 'utf8') + '; return answer_of(engine, text)');
require(web + '/engine.js')({wasmBinary: fs.readFileSync(web + '/engine.wasm')}).then(engine => {
    for (const line of fs.readFileSync(questions, 'utf8').trim().split('\\n'))
        console.log(JSON.stringify(JSON.parse(answer_of(engine, line))));
});
"""


def ask(questions):
    (web / "ask.js").write_text(ASK)
    (web / "questions").write_text("".join(json.dumps(one) + "\n" for one in questions))
    done = subprocess.run(["node", web / "ask.js", web, pathlib.Path(root, "web/page/answer.js"), web / "questions"],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(questions)
    return answers


def curves(model, line, *vary, **more):
    ranges = [dict(zip(("name", "from", "to"), one)) for one in vary]
    return {"ask": "curves", "model": model, "vary": ranges, **more}, line


digits = [[float(x) for x in row.split(",")] for row in open(f"{root}/data/digits.csv").read().split()]
tokens = {"ask": "tokens", "columns": 65, "values": sum(digits, []), "gate": "class-means:0,1"}
cases = [
    curves("two-expert", "diagram --set bias=0.1 --vary feedback=0.1:20", ("feedback", 0.1, 20),
           parameters={"bias": 0.1}),
    curves("two-expert", "locus --vary feedback=1.5:20 --vary bias=-9:9", ("feedback", 1.5, 20), ("bias", -9, 9)),
    curves("two-expert", "diagram --controller integral --set gain=0.5 --set leak=0.1 --vary feedback=0.1:8",
           ("feedback", 0.1, 8), parameters={"gain": 0.5, "leak": 0.1}, controlled=True),
    curves("softmax", "diagram --model softmax --experts 8 --vary feedback=1:12", ("feedback", 1, 12), experts=8),
    curves("softmax", "locus --model softmax --experts 8 --vary feedback=1:12 --vary bias_1=-3:3",
           ("feedback", 1, 12), ("bias_1", -3, 3), experts=8),
    curves("token-response", "diagram --model token-response --tokens data/digits.csv --gate class-means:0,1 "
           "--set beta=4 --vary feedback=0.1:6", ("feedback", 0.1, 6), parameters={"beta": 4}),
]
answers = ask([tokens] + [question for question, _ in cases])
assert answers[0]["experts"] == 2 and answers[0]["tokens"] == len(answers[0]["logits"]) / 2 > 0, answers[0]["tokens"]
[again] = ask([{"ask": "tokens", "columns": 2, "values": answers[0]["logits"], "gate": "logits"}])
assert again["logits"] == answers[0]["logits"]  # what one engine hands to another
for (_, line), found in zip(cases, answers[1:]):
    assert "error" not in found, found["error"]
    worst = difference(found, result_of(program, "moebius " + line, root))
    print(f"{worst:.1e}  {line}")
    assert worst <= CLOSE, (worst, line)

# A draft has the special points of the diagram, in fewer rows.
rows = lambda found: sum(len(branch["columns"]["stable"]) for branch in found["branches"])
named = lambda found: sorted((point["type"], point["parameters"]["feedback"]) for point in found["special_points"] if point["type"] != "EP")
for (question, line), whole in zip(cases, answers[1:]):
    if len(question["vary"]) == 2:
        continue
    _, draft = ask([tokens, {**question, "draft": True}])
    ours, theirs = named(draft), named(whole)
    assert rows(draft) < 0.7 * rows(whole) and len(draft["branches"]) == len(whole["branches"]), line
    assert [kind for kind, _ in ours] == [kind for kind, _ in theirs], (line, ours, theirs)
    worst = max((far(a, b) for (_, a), (_, b) in zip(ours, theirs)), default=0)
    print(f"{worst:.1e}  draft of {line}: {rows(draft)} rows of {rows(whole)}")
    assert worst <= CLOSE

# The same seed draws the same tokens: loads are equal, not close.
for name, line, more in [
    ("two-expert", "--set feedback=4 --set bias=0.1", {"parameters": {"feedback": 4, "bias": 0.1}}),
    ("softmax", "--model softmax --experts 5 --set feedback=6",
     {"parameters": {"feedback": 6}, "experts": 5}),
    ("two-expert", "--set feedback=4 --controller integral,gain=0.5",
     {"parameters": {"feedback": 4, "gain": 0.5}, "controlled": True}),
    ("token-softmax", "--model token-softmax --tokens data/digits.csv --gate class-means:0,1,2 --set beta=4 --set feedback=2",
     {"parameters": {"beta": 4, "feedback": 2}}),
    ("token-response", "--tokens data/digits.csv --gate class-means:0,1 --set beta=4 --set feedback=2",
     {"parameters": {"beta": 4, "feedback": 2}}),
]:
    start = {"ask": "start", "model": name, "tokens": 300, "seed": 7, "step": 0.05, **more}
    run = {"ask": "run", "model": name, "batches": 60, **more}
    gate = line.split("--gate ")[1].split()[0] if "--gate" in line else tokens["gate"]
    _, begun, found = ask([{**tokens, "gate": gate}, start, run])
    assert "error" not in begun and "error" not in found, (begun, found)
    theirs = result_of(program, f"moebius simulate {line} --batch 300 --seed 7 --step 0.05 --steps 60 --burn-in 0 "
                       "--record-every 1", root)["records"]
    columns = [theirs[f"load_{e + 1}"] for e in range(len(found["loads"][0]))]
    assert [list(row) for row in zip(*columns)] == found["loads"], line
    worst = max(abs(theirs[f"score_{e + 1}"][-1] - s) for e, s in enumerate(found["scores"]))
    print(f"{worst:.1e}  loop {line}")
    assert worst <= CLOSE

# What diagnose would say: of the same loads, told of the same loop, it says so.
for feedback, verdict in [(1.5, "safe"), (9, "collapsed")]:
    at = {"model": "softmax", "experts": 4, "parameters": {"feedback": feedback}}
    _, found = ask([{"ask": "start", "tokens": 1024, "seed": 3, "step": 0.05, **at}, {"ask": "run", "batches": 2000, **at}])
    with tempfile.NamedTemporaryFile("w", suffix=".csv") as log:
        log.write("step,expert,tokens\n")
        log.writelines(f"{t},{e},{round(1024 * n)}\n" for t, loads in enumerate(found["loads"]) for e, n in enumerate(loads))
        log.flush()
        said = subprocess.run([program, "diagnose", log.name, *f"--top-k 1 --tokens 1024 --rate 0.05 --feedback {feedback} --decay 1 --beta 1 "
                               "--gate softmax --balancer feedback".split()], capture_output=True, text=True, check=True).stdout
    told = found["diagnosis"]
    assert told["verdict"] == verdict and f"distance of layer 0: {told['verdict']}: {told['reason']}" in said, (told, said)

# A state that has lost its stability is left for a stable one; its loads are the closed form's.
exact = result_of(program, "moebius exact --set feedback=4", root)
[rest] = ask([{"ask": "settle", "model": "two-expert", "parameters": {"feedback": 4}, "state": [0.0]}])
stable = [row for row in zip(*(exact["equilibria"][name] for name in ("x", "stable"))) if row[1]]
assert rest["stable"] and min(farthest(rest["state"][0], x) for x, _ in stable) <= CLOSE, (rest, exact["equilibria"])

# The lead's drift and potential, from docs/theory.md sections 2 and 3; b' of the controller from section 5.
axis = {"from": -6, "to": 6, "points": 161}
kappa, n = 4.0, 8
two, many = ask([{"ask": "potential", "model": "two-expert", "parameters": {"feedback": kappa, "bias": 0.3}, **axis},
                 {"ask": "potential", "model": "softmax", "experts": n, "parameters": {"feedback": kappa}, **axis}])
height = lambda x: x * x / 2 - 2 * kappa * math.log(math.cosh(x / 2)) - 0.3 * x
step = 12 / 160
simpson = 12 * (step / 2) ** 4 / 180 * 2 * kappa  # length h^4 / 180 times a bound of the fourth derivative of the drift
for x, f, v in zip(two["lead"], two["drift"], two["potential"]):
    assert far(f, kappa * math.tanh(x / 2) - x + 0.3) <= CLOSE
    assert abs(v - (height(x) - height(-6))) <= simpson, (x, v)
for x, f in zip(many["lead"], many["drift"]):
    share = 1 / (math.exp(x) + n - 1)
    assert far(f, kappa * (math.exp(x) - 1) * share - x) <= CLOSE, (x, f)
small = {"from": -1, "to": 1, "points": 3}
for model, more, gap in [("two-expert", {}, lambda x: math.tanh(x / 2)),
                         ("softmax", {"experts": n}, lambda x: (math.exp(x) - 1) / (math.exp(x) + n - 1))]:
    [found] = ask([{"ask": "plane", "model": model, "controlled": True, "x": small, "y": small, "start": [0.5, 0.2], "time": 1,
                    "parameters": {"feedback": kappa, "gain": 0.5, "leak": 0.1}, **more}])
    points = [(z, b) for b in found["y"] for z in found["x"]]
    for (z, b), dx, dy in zip(points, found["dx"], found["dy"]):
        assert far(dx, kappa * gap(z + b) - z) <= CLOSE and far(dy, -0.5 * gap(z + b) - 0.1 * b) <= CLOSE
    assert [found["path"]["x"][0], found["path"]["y"][0]] == [0.5, 0.2] and len(found["path"]["x"]) > 100

for question, words in [({"ask": "curves", "model": "softmx", "vary": [{"name": "feedback", "from": 1, "to": 2}]},
                         "softmax"),
                        ({"ask": "curves", "model": "token-response",
                          "vary": [{"name": "feedback", "from": 1, "to": 2}]}, "tokens come first"),
                        ({**tokens, "gate": "gate.safetensors:router.weight"}, "a page reads no files"),
                        ({**tokens, "gate": "gate.npy"}, "a page reads no files"), ({"ask": "paint"}, "knows no such question"),
                        ({"ask": "run", "model": "two-expert"}, "one is started first")]:
    [found] = ask([question])
    assert words in found.get("error", ""), found
print("the engine agrees with the program")
