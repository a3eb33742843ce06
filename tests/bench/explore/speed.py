# SPDX-License-Identifier: MIT
"""speed.py PAGE CHROMIUM: how long the page of `moebius explore` takes to its first picture, and per frame of a drag.

A drag of 120 frames across the set, the loop going, without a graphics card. Times of frames are those that the page's
main thread had of a processor, by DevTools' own metrics; the first picture is by the clock, from the file on.
"""
import pathlib
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "explore"))
from browser import Browser  # noqa: E402

WATCH = """new MutationObserver(() => {
    if (!window.first_picture && document.querySelector('#diagram path.stable')) window.first_picture = performance.now();
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

page, chromium, rounds = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2], 5
print(f"{page.stat().st_size / 1e6:.2f} MB")
tab = Browser(chromium)
try:
    tab.call("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
    for model in ("model=two-expert", "model=softmax&experts=8", "model=token-response"):
        first, script, layout = [], [], []
        for _ in range(rounds):
            tab.call("Performance.disable")
            tab.call("Performance.setTimeDomain", timeDomain="threadTicks")
            tab.call("Performance.enable")
            tab.open(f"{page.as_uri()}#{model}")
            first.append(tab.evaluate("window.first_picture"))
            times = lambda: {one["name"]: one["value"] for one in tab.call("Performance.getMetrics")["metrics"]}
            before = times()
            tab.evaluate(DRAG)
            after = times()
            script.append(1000 / 120 * (after["ScriptDuration"] - before["ScriptDuration"]))
            layout.append(1000 / 120 * sum(after[name] - before[name] for name in ("LayoutDuration", "RecalcStyleDuration")))
        told = [f"{statistics.median(part):.1f} ({min(part):.1f} to {max(part):.1f})" for part in (first, script, layout)]
        print(f"{model}: first picture {told[0]} ms; a frame of a drag: script {told[1]} ms, style and layout {told[2]} ms")
finally:
    tab.close()
