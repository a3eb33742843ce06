# SPDX-License-Identifier: MIT
"""speed.py PAGE CHROMIUM: how long the page of `moebius explore` takes to its first picture, and per frame of a drag.

A drag of 120 frames across the set, the loop going, without a graphics card. Times of frames are those that the page's
main thread had of a processor, by DevTools' own metrics; the first picture and the whole diagram are by the clock, from the file on.
On a busy machine the clock says little: what all of the browser had of a processor until then is told, too.
"""
import os
import pathlib
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "explore"))
from browser import Browser  # noqa: E402

WATCH = """new MutationObserver(() => {
    if (!window.first_picture && document.querySelector('#diagram path.stable')) window.first_picture = performance.now();
    if (!window.whole && typeof shown === 'object' && shown.diagram) window.whole = performance.now();
}).observe(document, {childList: true, subtree: true})"""
DRAG = """new Promise(done => {
    let k = 0;
    const step = () => {
        if (k++ === 120) return done();
        set_values({feedback: number_of('to') * (0.3 + 0.4 * k / 120), bias: 0.5 * bias_reach() * Math.sin(k / 10)});
        requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
})"""



def processor_time(root):
    """Seconds that a process and those that it began have had of a processor."""
    parents, used = {}, {}
    for one in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            facts = (one / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue  # it ended
        parents[int(one.name)], used[int(one.name)] = int(facts[1]), sum(map(int, facts[11:15])) / os.sysconf("SC_CLK_TCK")

    def begun(process):
        while process in parents and process != root:
            process = parents[process]
        return process == root
    return sum(seconds for process, seconds in used.items() if begun(process))


page, chromium, rounds = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2], 5
print(f"{page.stat().st_size / 1e6:.2f} MB")
tab = Browser(chromium)
try:
    tab.call("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
    for model in ("model=two-expert", "model=softmax&experts=8", "model=token-response", "model=token-softmax"):
        cost, first, whole, script, layout = [], [], [], [], []
        for _ in range(rounds):
            tab.call("Page.navigate", url="about:blank")
            before = processor_time(tab.process.pid)
            tab.call("Page.navigate", url=f"{page.as_uri()}#{model}")
            tab.wait("window.first_picture > 0")
            cost.append(1000 * (processor_time(tab.process.pid) - before))
            tab.call("Performance.disable")
            tab.call("Performance.setTimeDomain", timeDomain="threadTicks")
            tab.call("Performance.enable")
            tab.open(f"{page.as_uri()}#{model}")
            first.append(tab.evaluate("window.first_picture"))
            whole.append(tab.evaluate("window.whole"))
            times = lambda: {one["name"]: one["value"] for one in tab.call("Performance.getMetrics")["metrics"]}
            before = times()
            tab.evaluate(DRAG)
            after = times()
            script.append(1000 / 120 * (after["ScriptDuration"] - before["ScriptDuration"]))
            layout.append(1000 / 120 * sum(after[name] - before[name] for name in ("LayoutDuration", "RecalcStyleDuration")))
        told = [f"{statistics.median(part):.1f} ({min(part):.1f} to {max(part):.1f})" for part in (cost, first, whole, script, layout)]
        print(f"{model}: first picture {told[0]} ms of a processor, {told[1]} ms by the clock, whole {told[2]} ms; "
              f"a frame of a drag: script {told[3]} ms, style and layout {told[4]} ms", flush=True)
finally:
    tab.close()
