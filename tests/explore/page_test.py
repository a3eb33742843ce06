# SPDX-License-Identifier: MIT
"""page_test.py PROGRAM PAGE CHROMIUM ROOT [AXE]: the page in a headless Chromium.

What it shows are the program's numbers, a drag across the fold jumps where theory says, a dropped file is
drawn, the keyboard reaches everything, and the console stays silent. AXE is axe-core's axe.min.js.
"""
import json
import math
import pathlib
import re
import subprocess
import sys
import tempfile

from browser import DROP, Browser
from program import CLOSE, difference, far, farthest, result_of
from wrong import branch_of, ends, many_rows, nonsense

program, page, chromium, root = sys.argv[1:5]
axe = sys.argv[5] if len(sys.argv) > 5 else ""
address = pathlib.Path(page).resolve().as_uri()
tab = Browser(chromium)

MODELS = ["model=two-expert&feedback=4&bias=0.1", "model=two-expert&controlled=1&gain=0.5&leak=0.1&feedback=3",
          "model=softmax&experts=8&feedback=6", "model=softmax&experts=4&controlled=1&feedback=3&to=6",
          "model=token-response&feedback=2", "model=token-softmax&feedback=2&to=2.5"]


def values():
    """The points that the page's table shows, and all that it draws, are the program's."""
    for model in MODELS:
        tab.open(f"{address}#{model}&run=0")
        commands = tab.evaluate("document.getElementById('commands').textContent").split("\n")
        rows = dict(tab.evaluate("[...document.querySelectorAll('#points tbody tr')].map(row => "
                                 "[row.dataset.label, [...row.cells].map(cell => cell.textContent)])"))
        count = 0
        for kind, line in zip(("diagram", "set"), commands):
            theirs = result_of(program, line, root)
            worst = difference(json.loads(tab.evaluate(f"JSON.stringify(shown.{kind})")), theirs)
            assert worst <= CLOSE, (worst, line)
            for point in theirs["special_points"]:
                if point["type"] == "EP":
                    continue
                count += 1
                words = rows[f"{kind} {point['label']}"]
                for name, value in re.findall(r"(\S+) (\S+?)(?:,|$)", words[2]):
                    assert far(float(value), point["parameters"][name]) <= CLOSE, (words, point)
            print(f"{worst:.1e}  {line}")
        assert count == len(rows), (count, rows)


def drag():
    """The point goes down the bias at feedback 4; the state leaves at the fold of theory, once."""
    tab.open(f"{address}#model=two-expert&feedback=4&bias=2&to=8&run=0", still=True)
    # docs/theory.md section 2: |eta| = sqrt(mu (mu - 1)) - arcosh sqrt(mu) at mu = feedback beta/(2 decay) = 2
    half_width = 2 * (math.sqrt(2) - math.acosh(math.sqrt(2)))
    place = "(() => { const box = plots.set.svg.getBoundingClientRect(); return "
    at = lambda b: tab.evaluate(f"{place}[box.left + plots.set.px(4), box.top + plots.set.py({b})] }})()")
    tab.mouse("mousePressed", *at(2))
    steps = []
    for k in range(81):
        tab.mouse("mouseMoved", *at(2 - 0.05 * k))
        tab.settle()
        steps.append(tab.evaluate("[number_of('bias'), shown.state.loads[0], number_of('feedback')]"))
    tab.mouse("mouseReleased", *at(-2))
    fallen = [k for k in range(1, len(steps)) if steps[k - 1][1] > 0.5 > steps[k][1]]
    assert len(fallen) == 1, steps
    before, after = steps[fallen[0] - 1], steps[fallen[0]]
    assert before[0] > -half_width > after[0], (before, after, half_width)
    jumps = tab.evaluate("shown.jumps.length")
    assert jumps == 1 and "jumped" in tab.evaluate("document.getElementById('status').textContent")
    print(f"fell between bias {before[0]} and {after[0]}; the fold of theory is at {-half_width:.6f}")


def frames():
    """What a drag asks of the browser: a layout a frame and one an answer, no curve drawn anew, a state and its potential."""
    tab.open(f"{address}#model=two-expert&feedback=4&to=8&run=0")
    tab.evaluate("""window.made = 0; window.asks = 0; const watch = new MutationObserver(all => { for (const one of all) made += one.addedNodes.length; });
        for (const one of [plots.diagram, plots.set]) for (const part of [one.frame, one.curves]) watch.observe(part, {childList: true});
        for (const engine of Object.values(engines)) { const ask = engine.ask; engine.ask = function (one) { ++asks; return ask.call(this, one); }; } null""")
    tab.call("Performance.enable")
    count = lambda: {one["name"]: one["value"] for one in tab.call("Performance.getMetrics")["metrics"]}
    before, frames = count(), 60
    tab.evaluate(f"""new Promise(done => {{ let k = 0; const step = () => {{ if (k++ === {frames}) return done();
        for (const part of [0, 0.5]) set_values({{feedback: 3 + 2 * (k + part) / {frames}}});  // as a quick mouse says
        requestAnimationFrame(step); }}; requestAnimationFrame(step); }})""")
    after, (made, asks) = count(), tab.evaluate("[made, asks]")
    layouts = after["LayoutCount"] - before["LayoutCount"]
    print(f"{frames} frames: {layouts:.0f} layouts, {made} elements of curves, {asks} questions")
    assert layouts <= 2 * frames + 2 and made == 0 and 2 <= asks <= 2 * frames + 2, (layouts, made, asks)


def first_picture():
    """A draft stands before the diagram; the numbers of the page are never those of a draft."""
    tab.open(f"{address}#model=two-expert&run=0")
    tab.evaluate("""window.seen = []; window.whole = curves_drawn; window.curves_drawn = (...all) => { if (all[0] === 'diagram')
        seen.push([shown.draft !== null, document.querySelectorAll('#diagram path.stable').length > 0,
                   document.querySelector('#points tbody').textContent]); whole(...all); }; null""")
    tab.evaluate("choose({model: 'softmax', experts: '32'}); null")
    tab.settle()
    seen = tab.evaluate("seen")
    assert len(seen) == 1 and seen[0][:2] == [True, True] and "diagram" not in seen[0][2], seen
    assert tab.evaluate("shown.draft") is None and "LP1" in tab.evaluate("document.querySelector('#points tbody').textContent")


def keyboard():
    """Arrow keys move the point; Tab comes to all that can be used, in the order of the page."""
    tab.open(f"{address}#model=two-expert&feedback=4&bias=0&run=0")
    tab.evaluate("document.getElementById('point').focus()")
    tab.key("ArrowUp", 38)
    tab.settle()
    assert tab.evaluate("number_of('bias')") > 0 and tab.evaluate("number_of('feedback')") == 4
    tab.evaluate("document.activeElement.blur(); window.scrollTo(0, 0)")
    wanted = tab.evaluate("[...document.querySelectorAll('button, input, select, [tabindex=\"0\"]')]"
                          ".filter(one => one.checkVisibility()).map(one => one.id || one.getAttribute('aria-label'))")
    reached = []
    for _ in range(2 * len(wanted)):
        tab.key("Tab", 9)
        reached.append(tab.evaluate("document.activeElement.id || document.activeElement.getAttribute('aria-label')"))
    missing = set(wanted) - set(reached)
    assert len(wanted) > 10 and not missing, missing
    print(f"Tab comes to all of {len(wanted)}")


def files(folder):
    """Results that are dropped are drawn; another file is refused in a sentence."""
    tab.open(f"{address}#run=0")
    kept = f"{folder}/kept.json"
    for line, words, curves in [
            ("diagram --vary feedback=0.5:20", "1 special point", 3), ("locus --vary feedback=1.5:20 --vary bias=-9:9", "CP1", 1),
            ("check KEPT", "0 wrong", 0), ("simulate --steps 50 --burn-in 0 --record-every 1", "50 rows", 2),
            ("exact --set feedback=4", "load_1, load_2 over x", 6), ("exact --vary feedback=2:20", "bias over feedback", 1),
            ("exact --model softmax --experts 8", "fold_feedback", 2),
            ("sweep --grid --vary feedback=1:4 --vary bias=-1:1 --points 3", "light to dark: 1, 2 stable states", 9),
            ("sweep --set feedback=4 --vary bias=-3:3 --rate 0.1", "over bias", 4),
            ("train --data mixture:3/2 --experts 2 --hidden 2 --vary feedback=-1:1 --points 2 --seeds 2 --steps 4", "test_accuracy", 4),
            ("diagram --model softmax --experts 4 --controller integral,gain=0.5 --vary feedback=1:6", "HB1", 1),
            ("diagram --from KEPT:HB1 --vary feedback=4:5 --max-step 1 --max-points 5", "branch", 1),
            ("diagnose LOG", "layer 0: ", 3)]:
        if "LOG" in line:
            log = f"{folder}/loads.csv"
            rows = "".join(f"{k},{e},{60 + (7 * k + e) % 9}\n" for k in range(60) for e in range(2))
            pathlib.Path(log).write_text("step,expert,tokens\n" + rows)
            line = line.replace("LOG", log)
        text = json.dumps(result_of(program, "moebius " + line.replace("KEPT", kept), root))
        if not line.startswith("check"):
            pathlib.Path(kept).write_text(text)
        tab.evaluate(f"{DROP}('run.json', {json.dumps(text)})")
        tab.wait("document.getElementById('file-told').textContent !== ''")
        told = tab.evaluate("document.getElementById('file-told').textContent + document.getElementById('file-drawn').textContent")
        drawn = tab.evaluate("document.querySelectorAll('#file-drawn g[clip-path] > *').length")
        assert words in told and drawn >= curves, (line, told, drawn)
        assert tab.evaluate("el('file-drawn').checkVisibility() && el('file-drawn').getBoundingClientRect().height > 100") == (curves > 0), line
        print("dropped:", told[:110])
    for k, (text, words) in enumerate([("[1, 2]", "no result of moebius"), ("{", "no JSON"),
                                       ('{"schema": "moebius.check/1", "counts": {"judged": 1}}', "lacks"),
                                       ('{"schema": "moebius.grid/1", "grid": {}}', "no finite number"),
                                       ('{"schema": "moebius.sweep/1", "samples": {"bias": []}}', "no figure"),
                                       (branch_of([1, 2], [0.5, 0.5], row=7), "lacks"), (branch_of([1, 2], [0.5]), "lacks"),
                                       (branch_of([1, 2], [1e308, -1e308]), "too large"), (branch_of([1, 2], ["a", 1]), "lacks")]):
        tab.evaluate(f"{DROP}('note{k}.json', {json.dumps(text)})")
        tab.wait(f"document.getElementById('file-told').textContent.startsWith('note{k}.json')")
        told = tab.evaluate("document.getElementById('file-told').textContent")
        assert words in told and not tab.evaluate("el('file-drawn').checkVisibility()"), (text, told)
    for line, words in [("diagram --vary feedback=0.5:20", "3 branches, 1 special point"), ("locus --vary feedback=1.5:20 --vary bias=-9:9", "1 branch, 1 special point"),
                        ("simulate --steps 50 --burn-in 0 --record-every 1", "50 rows"), ("exact --set feedback=4", "load_1, load_2 over x"),
                        ("sweep --grid --vary feedback=1:4 --vary bias=-1:1 --points 3", "light to dark: 1, 2 stable states"), ("sweep --set feedback=4 --vary bias=-3:3 --rate 0.1", "over bias")]:
        text = subprocess.run([program, *line.split(), "--format", "csv"], capture_output=True, text=True, check=True).stdout
        tab.evaluate(f"{DROP}('run.csv', {json.dumps(text)})")
        tab.wait(f"el('file-told').textContent.startsWith('run.csv') && el('file-told').textContent.includes({json.dumps(words)})", 20)
        assert tab.evaluate("el('file-drawn').checkVisibility() && document.querySelectorAll('#file-drawn g[clip-path] > *').length > 0"), line
    heading = "x,gap_predicted,gap,gap_low,gap_high,z"
    for k, (text, words, drawn) in enumerate([("kind,judged,wrong,not_judged\n0,21,0,0\n", "21 judged, 0 wrong", False), (heading + "\n-1,-0.4,-0.5,-0.6,-0.4,1\n1,0.4,0.5,0.4,0.6,nan\n", "gap_predicted, gap over x", True),
                                              ("router,threshold,threshold_measured,cubic\n1,2,2.01,nan\n", "threshold_measured over router", True),
                                              ("side,point,seed,feedback,test_loss,test_accuracy,train_gap\n0,0,0,-1,0.6,0.7,-0.1\n", "test_accuracy over feedback", True),
                                              ("feedback,width,status,failure\n1,nan,2,\"no, not here\"\n2,0.5,1,\n", "width over feedback", True),
                                              ("log,layer,steps,max_over_mean\n1,1,9,1.2\n", "no figure", False), ("step,expert,tokens\n1,0,60\n", "a log of loads", False)]):
        tab.evaluate(f"{DROP}('table{k}.csv', {json.dumps(text)})")
        tab.wait(f"el('file-told').textContent.startsWith('table{k}.csv')")
        assert words in tab.evaluate("el('file-told').textContent") and tab.evaluate("el('file-drawn').checkVisibility()") == drawn, text
        assert tab.evaluate("settings.model") == "two-expert", text
    for k, (text, words) in enumerate([("", "must be numbers and a class"), ("1,,0\n", "line 1 is not 3 finite"), ("a,b,c\n1,2,0\n1,2\n", "line 3")]):
        tab.evaluate(f"{DROP}('wrong{k}.csv', {json.dumps(text)})")
        tab.wait(f"el('file-told').textContent.startsWith('wrong{k}.csv') && el('file-told').textContent.includes('{words}')")
    chosen = pathlib.Path(folder, "mine.csv")
    chosen.write_text("".join(f"{(-1) ** k * (1 + k % 7 / 10)},{k % 3},{k % 2}\n" for k in range(60)))
    node = tab.call("DOM.querySelector", nodeId=tab.call("DOM.getDocument")["root"]["nodeId"], selector="#tokens")
    tab.call("DOM.setFileInputFiles", nodeId=node["nodeId"], files=[str(chosen)])
    tab.wait("settings.model === 'token-response' && token_facts.tokens === 60")
    tab.settle()
    assert "--tokens mine.csv" in tab.evaluate("el('commands').textContent") and "60 tokens of mine.csv" in tab.evaluate("el('file-told').textContent")
    tab.evaluate("el('reset').click(); null")
    tab.evaluate("choose({model: 'token-response'}); null")
    tab.settle()
    assert "--tokens data/digits.csv" in tab.evaluate("el('commands').textContent")


def addresses():
    """What is in the address is what is shown, and what is changed goes there."""
    tab.open(f"{address}#model=softmax&experts=5&feedback=3.5&beta=1.5&bias=0.25&run=0")
    assert tab.evaluate("[settings.experts, settings.feedback, document.getElementById('beta-value').textContent].join()") == "5,3.5,1.5"
    tab.evaluate("(() => { const one = document.getElementById('feedback'); one.value = 2.5;"
                 " one.dispatchEvent(new Event('input', {bubbles: true})); })()")
    tab.settle()
    sent = tab.evaluate("location.href")
    state = tab.evaluate("shown.state.loads")
    tab.open(sent)
    assert tab.evaluate("settings.feedback") == "2.5", sent
    assert farthest(tab.evaluate("shown.state.loads"), state) <= CLOSE
    # of two stable states that which the bias came from, and its mirror image
    for side in (1, -1):
        tab.open(f"{address}#model=two-expert&feedback=4&bias={0.5 * side}&run=0")
        tab.evaluate(f"set_values({{bias: {-0.3 * side}}}); null")
        tab.settle()
        loads = tab.evaluate("shown.state.loads")
        assert (loads[0] - 0.5) * side > 0.2, loads
        tab.open(tab.evaluate("location.href"))
        assert farthest(tab.evaluate("shown.state.loads"), loads) <= CLOSE, loads


def changes_of_mind():
    """A model is left while its curves are computed; those that come are of the next one."""
    tab.open(f"{address}#run=0")
    tab.evaluate("choose({model: 'softmax', experts: '64', controlled: '1'}); null")
    tab.evaluate("choose({model: 'two-expert', experts: '8', controlled: '0'}); null")
    tab.settle()
    found = tab.evaluate("[shown.diagram.model, shown.set.model, shown.state.loads.length].join()")
    assert found == "two-expert,two-expert,2", found
    # nor is a state of the old one the new one's, from which it would have jumped
    tab.open(f"{address}#model=two-expert&feedback=4&bias=0.5&run=0")
    tab.evaluate("set_values({bias: 0.6}); ask_state(); choose({controlled: '1', feedback: '1', leak: '1'}); null")
    tab.settle()
    assert tab.evaluate("shown.jumps.length") == 0 and tab.evaluate("shown.state.state.length") == 2


def tasks():
    """The five of docs/explore.md, section 1: each address shows what is written beside it."""
    rows = re.findall(r"^\| .* \| `(#\S+)` \| `([^`]+)` \|$", pathlib.Path(root, "docs/explore.md").read_text(), re.M)
    assert len(rows) == 5, rows
    for hash, words in rows:
        tab.open(f"{address}{hash}&run=0")
        assert words in tab.evaluate("document.querySelector('main').innerText"), (hash, words)


def loop():
    """Tokens go on falling, their loads are shares, and it is told what diagnose would say."""
    tab.open(f"{address}#model=softmax&experts=4&feedback=2&batch=128")
    tab.wait("live.steps > 60")
    loads = tab.evaluate("live.loads")
    assert len(loads) == 4 and abs(sum(loads) - 1) < 1e-12 and all(abs(128 * n - round(128 * n)) < 1e-9 for n in loads)
    tab.wait("document.getElementById('diagnosis').textContent !== 'nothing yet'")
    tab.evaluate("document.getElementById('run').click()")
    tab.wait("!live.asked")
    steps = tab.evaluate("live.steps")
    tab.settle()
    assert tab.evaluate("live.steps") == steps and "run=0" in tab.evaluate("location.hash")


def accessible():
    for model, dark in [(MODELS[0], False), (MODELS[3], True), (MODELS[4], False)]:
        tab.open(f"{address}#{model}&run=0", dark=dark)
        tab.evaluate("document.getElementById('file-told').textContent = 'a file'")
        tab.evaluate(pathlib.Path(axe).read_text() + "; null")
        broken = tab.evaluate("axe.run().then(found => found.violations.map(one => one.id + ': ' + one.help + ' ' + "
                              "one.nodes.map(node => node.target).join(' ')))")
        assert not broken, broken
    print("axe-core finds nothing")


try:
    values()
    drag()
    frames()
    first_picture()
    keyboard()
    with tempfile.TemporaryDirectory() as scratch:
        files(scratch)
    many_rows(tab, address)
    addresses()
    nonsense(tab, address)
    ends(tab, address)
    changes_of_mind()
    tasks()
    loop()
    if axe:
        accessible()
    else:
        print("axe-core is not here: its rules were not looked at")
    assert not tab.errors, tab.errors
finally:
    tab.close()
