# SPDX-License-Identifier: MIT
"""What a page of `moebius explore` must bear: files, addresses and sliders that ask for too much."""
import json
import re

from browser import DROP


def branch_of(feedback, load, row=0):
    point = {"type": "LP", "label": "LP1", "branch": 1, "row": row}
    return json.dumps({"schema": "moebius.diagram/1", "special_points": [point],
                       "branches": [{"id": 1, "columns": {"feedback": feedback, "load_1": load, "stable": [1] * len(feedback)}}]})


def many_rows(tab, address):
    """Of more rows than the screen has pixels those are drawn that are seen; peaks stay."""
    tab.open(f"{address}#run=0")
    rows = 200000
    run = {"schema": "moebius.simulate/1", "records": {"step": list(range(rows)), "load_1": [float(k == 77777) for k in range(rows)]}}
    side = 700
    grid = {"schema": "moebius.grid/1", "grid": {"feedback": [k // side for k in range(side * side)], "bias": [k % side for k in range(side * side)],
                                                 "stable_states": [1] * (side * side)}}
    for name, result, most in (("run.json", run, 60), ("grid.json", grid, 90000)):
        tab.evaluate(f"{DROP}('{name}', {json.dumps(json.dumps(result))})")
        tab.wait(f"el('file-told').textContent.startsWith('{name}')")
        drawn, text = tab.evaluate("[el('file-drawn').querySelectorAll('*').length, el('file-drawn').querySelector('path.drawn')?.getAttribute('d') ?? '']")
        assert 10 < drawn < most and len(text) < 30000, (name, drawn, len(text))
        if text:
            heights = [float(one.split()[1]) for one in re.split("[ML]", text) if one]
            assert max(heights) - min(heights) > 100, heights[:9]


def nonsense(tab, address):
    """What an address says that cannot be is told, with what is taken; what it says later is obeyed."""
    wrong = {"beta": "-3", "batch": "abc", "step": "100", "seed": "x", "bias": "1e300", "second": "feedback", "run": "7", "controlled": "yes", "model": "constructor",
             "feedback": "0x10", "experts": "1e9", "to": "-5"}
    tab.open(f"{address}#{'&'.join(f'{name}={value}' for name, value in wrong.items())}&state=1e308&toString=2&%E0%A4%A")
    told = tab.evaluate("el('status').textContent")
    assert all(f"{name} is '{value}', but it must be" in told for name, value in wrong.items()), told
    taken = tab.evaluate("[settings.beta, settings.batch, settings.step, settings.model, settings.to, settings.experts].join()")
    assert taken == "0.1,256,1,two-expert,0.2,64", taken
    tab.open(f"{address}#model=token-softmax&feedback=5")  # beyond the diagram that is drawn where nothing is said
    assert tab.evaluate("number_of('to') > 5 && !el('status').textContent")
    tab.evaluate("history.pushState(null, '', '#model=two-expert&run=0'); dispatchEvent(new HashChangeEvent('hashchange')); null")
    tab.settle()
    assert tab.evaluate("el('run').textContent") == "Run" and tab.evaluate("settings.model") == "two-expert"
    tab.evaluate("history.back(); null")
    tab.wait("settings.model === 'token-softmax' && el('run').textContent === 'Pause'")
    tab.settle()
    tab.evaluate("choose({gate: 'class-means:0,99'}); null")
    tab.wait("el('status').textContent.includes('class 99')")
    tab.evaluate("choose({gate: 'class-means:0,9'}); null")
    tab.settle()
    assert tab.evaluate("shown.state.loads.length") == 2 and not tab.evaluate("el('status').textContent")


def ends(tab, address):
    """Every slider at each of its ends, with as many experts as there may be; names in the diagram stand apart."""
    tab.open(f"{address}#model=softmax&experts=64&run=0", height=800, width=640)  # as at 200 %
    boxes = tab.evaluate("[...document.querySelectorAll('#diagram .label')].map(one => one.getBoundingClientRect()).map(b => [b.left, b.top, b.right, b.bottom])")
    apart = lambda a, b: a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] + 1 or b[3] <= a[1] + 1
    assert len(boxes) > 5 and all(apart(a, b) for k, a in enumerate(boxes) for b in boxes[:k]), boxes
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for end in ("min", "max"):
        tab.evaluate(f"for (const name of slider_names()) {{ const one = el(name); one.value = one.{end}; one.dispatchEvent(new Event('input', {{bubbles: true}})); }}")
        tab.settle()
        ends_told = tab.evaluate("[slider_names().map(name => el(name + '-value').textContent).join(), el('status').textContent]")
        assert ends_told[0] == tab.evaluate(f"slider_names().map(name => range_ends[name]()[{int(end == 'max')}]).join()"), ends_told
        assert not ends_told[1] or "jumped" in ends_told[1], ends_told
