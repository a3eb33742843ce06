'use strict';
// The pictures that theory draws, and the point in them that the reader moves.

const el = id => document.getElementById(id);
let engines = null;
const shown = {diagram: null, draft: null, set: null, landscape: null, state: null, jumps: []};
const plots = {};

function tell(text) { el('status').textContent = text; }
function tell_failure(failure) { tell(failure.message); }

const load_shown = name => is_many() || name === 'load_1';
const load_word = () => is_many() ? 'loads of the experts' : 'load of expert 1';

function draw_point() {
    const plot = plots.diagram, feedback = number_of('feedback');
    if (!plot || !plot.x) return;
    plot.marks.textContent = '';
    const x = plot.px(feedback);
    make('path', {class: 'now', d: `M${x} ${plot.py(0)}V${plot.py(1)}`, 'aria-hidden': 'true'}, plot.marks);
    if (shown.state)
        for (const [e, load] of shown.state.loads.entries())
            if (load_shown(`load_${e + 1}`))
                make('circle', {class: 'handle', cx: x, cy: plot.py(load), r: 5, 'aria-hidden': 'true'}, plot.marks);
    draw_handle();
}

// The point of the set: dragged, or moved by the arrow keys.
function draw_handle() {
    const plot = plots.set;
    if (!plot || !plot.x) return;
    const second = settings.second, old = plot.marks.querySelector('.handle');
    const handle = old ?? make('circle', {class: 'handle', id: 'point', r: 9, tabindex: 0, role: 'slider'}, plot.marks);
    const values = {
        cx: plot.px(number_of('feedback')), cy: plot.py(number_of(second)),
        'aria-label': `The point: feedback, and ${second} by the arrows up and down`,
        'aria-valuemin': plot.x[0], 'aria-valuemax': plot.x[1], 'aria-valuenow': number_of('feedback'),
        'aria-valuetext': `feedback ${settings.feedback}, ${second} ${settings[second]}`,
    };
    for (const [name, value] of Object.entries(values)) handle.setAttribute(name, value);
}

const curve_plots = {
    diagram() {
        plots.diagram.axes([0, number_of('to')], [0, 1], 'feedback κ', load_word());
        plots.diagram.clear();
        const found = shown.diagram ?? shown.draft;
        if (found) draw_diagram(plots.diagram, found, load_shown);
    },
    set() {
        const second = settings.second;
        plots.set.axes(range_ends.feedback(), range_ends[second](), 'feedback κ',
                       second === 'bias' && is_many() ? 'bias of expert 1' : second);
        plots.set.clear();
        if (shown.set) draw_locus(plots.set, shown.set);
        for (const {feedback, value} of shown.jumps)
            if (value.second === second) plots.set.dot(feedback, value.at, 'jump', 5);
    },
};

function draw_all_curves() {
    for (const draw of Object.values(curve_plots)) draw();
    draw_landscape();
    draw_point();
}

const kind_words = {'fold': 'folds', 'branch point': 'branch points', 'hopf': 'Hopf points'};

function tell_set(found) {
    const legend = el('set-legend');
    legend.textContent = '';
    for (const kind of new Set(found.branches.map(one => one.kind))) {
        const key = document.createElement('span');
        key.className = 'key ' + kind.replaceAll(' ', '-');
        legend.append(key, kind_words[kind] ?? kind, ' ');
    }
    const cusp = found.special_points.find(point => point.type === 'CP');
    el('set-told').textContent = found.branches.length === 0
        ? 'No special points in this window.'
        : cusp ? 'Inside the folds there are more stable states than one: what you see depends on where you come from.'
               : 'Drag the point across a curve.';
}

function tell_diagram(found) {
    const named = found.special_points.filter(point => point.type !== 'EP');
    const feedback = point => `${point.label} at ${short_number(point.parameters.feedback)}`;
    el('diagram-told').textContent = named.length === 0
        ? 'No fold, branch point or Hopf point here.' : named.slice(0, 8).map(feedback).join(', ');
}

// Once for all that comes at a time.
let table_due = 0;
function write_table() {
    table_due ||= setTimeout(() => {
        table_due = 0;
        fill_table();
    }, 100);
}

function fill_table() {
    const body = el('points').tBodies[0];
    body.textContent = '';
    for (const [of, found] of [['diagram', shown.diagram], ['set', shown.set]])
        for (const point of found ? found.special_points : []) {
            if (point.type === 'EP') continue;
            const branch = found.branches.find(one => one.id === point.branch);
            const varied = Object.keys(branch.columns).slice(0, of === 'set' ? 2 : 1);
            const row = body.insertRow();
            row.dataset.label = `${of} ${point.label}`;
            const words = [point.label, of, varied.map(name => `${name} ${point.parameters[name]}`).join(', '),
                           load_columns(branch).map(name => branch.columns[name][point.row]).join(', ')];
            for (const word of words) row.insertCell().textContent = word;
        }
    el('commands').textContent = [shown.diagram, shown.set].filter(Boolean).map(found => found.command).join('\n');
}

// Neither picture nor words nor numbers stay of what holds no more.
function forget(kind) {
    shown[kind] = null;
    plots[kind].clear();
    el(kind + '-told').textContent = '';
    if (kind === 'set') el('set-legend').textContent = '';
    fill_table();
}

function curves_drawn(kind, found, asked) {
    shown[kind] = found;
    shown[kind].asked = asked;
    if (kind === 'diagram') shown.draft = null;
    if (kind === 'set') tell_set(found);
    else tell_diagram(found);
    curve_plots[kind]();
    write_table();
}

function curves_failed(kind, failure) {
    forget(kind);
    el(kind + '-told').textContent = failure.message;
    tell_failure(failure);
}

// Before the first diagram a draft of it, so that something stands soon; numbers are those of the diagram alone.
function ask_draft(request) {
    if (shown.diagram || shown.draft || engines.curves.running.has('diagram')) return;
    engines.curves.latest('draft', {...request, draft: true}, found => {
        if (shown.diagram) return;
        shown.draft = found;
        curve_plots.diagram();
        draw_point();
    });
}

// What changed is asked again, and nothing else.
function ask_curves() {
    const asked = {diagram: curves_request(['feedback']), set: curves_request(['feedback', settings.second])};
    ask_draft(asked.diagram);
    for (const [kind, request] of Object.entries(asked)) {
        const text = JSON.stringify(request);
        if (shown[kind]?.asked === text) continue;
        engines.curves.latest(kind, request, found => curves_drawn(kind, found, text), failure => curves_failed(kind, failure));
        setTimeout(() => {
            if (engines.curves.running.has(kind)) el(kind + '-told').textContent = 'Computing …';
        }, 700);
    }
}

function size_of_state() {
    if (is_many()) return experts_now() * (is_controlled() ? 2 : 1);
    return is_controlled() ? 2 : 1;
}

// A jump is a move of the state that is large against that of the point.
function look_for_jump(before, now) {
    if (!before || before.loads.length !== now.loads.length || !before.stable || !now.stable) return;
    const moved = Math.max(...now.loads.map((load, e) => Math.abs(load - before.loads[e])));
    if (moved < 0.2) return;
    const second = settings.second;
    shown.jumps.push({feedback: number_of('feedback'), value: {second, at: number_of(second)}});
    if (shown.jumps.length > 20) shown.jumps.shift();
    tell(`The state jumped: the load of expert 1 went from ${short_number(before.loads[0])} to ` +
         `${short_number(now.loads[0])} at feedback ${settings.feedback}, ${second} ${settings[second]}.`);
    curve_plots.set();
}

function ask_state() {
    const state = shown.state?.state ?? state_of_address();
    const fits = state.length === size_of_state() && state.every(Number.isFinite);
    const asked = request('settle', fits ? {state} : {});
    engines.point.latest('state', asked, found => {
        const before = shown.state;
        shown.state = found;
        el('equation').textContent = found.equation;
        look_for_jump(before, found);
        write_address();
        draw_point();
        ask_landscape();
    });
}

function lead_of_state() {
    const state = shown.state?.state ?? [];
    if (!is_many()) return state;
    const n = experts_now(), leads = [];
    for (let c = 0; c * n < state.length; ++c) {
        const scores = state.slice(c * n, (c + 1) * n), rest = scores.slice(1);
        leads.push(scores[0] - rest.reduce((sum, one) => sum + one, 0) / rest.length);
    }
    return leads;
}

// Experts that differ in their tokens have no lead that obeys an equation of its own.
const has_landscape = () => !(is_many() && takes_tokens());

function ask_landscape() {
    if (!has_landscape()) {
        shown.landscape = {};
        draw_landscape();
        return;
    }
    const reach = 1.25 * number_of('feedback') + Math.abs(number_of('bias')) + 0.5, leads = lead_of_state();
    const axis = points => ({from: -reach, to: reach, points});
    const asked = is_controlled()
        ? request('plane', {x: axis(15), y: axis(11), time: 60, start: leads[0] || leads[1] ? leads.map(one => one + 0.3) : [0.3, 0]})
        : request('potential', axis(161));
    engines.point.latest('landscape', asked, found => {
        shown.landscape = found;
        draw_landscape();
    });
}

function draw_potential(plot, {lead, potential}) {
    const low = Math.min(...potential), high = Math.max(...potential);
    const pad = 0.06 * (high - low) || 1;
    plot.axes([lead[0], lead.at(-1)], [-pad, high - low + pad], 'lead of expert 1, s₁ − s', 'potential V');
    plot.clear();
    const heights = potential.map(v => v - low);
    plot.curve(lead, heights, 'drawn');
    const at = lead_of_state()[0];
    if (at === undefined) return;
    const k = Math.min(lead.length - 2, Math.max(0, Math.floor((at - lead[0]) / (lead[1] - lead[0]))));
    const share = (at - lead[k]) / (lead[k + 1] - lead[k]);
    plot.dot(at, heights[k] + share * (heights[k + 1] - heights[k]), 'handle', 7);
}

function draw_plane(plot, {x, y, dx, dy, path}) {
    plot.axes([x[0], x.at(-1)], [y[0], y.at(-1)], 'lead of expert 1', 'lead of its balancing score');
    plot.clear();
    const size = Math.max(...dx.map((u, i) => Math.hypot(u, dy[i]))) || 1;
    for (const [j, b] of y.entries())
        for (const [i, z] of x.entries()) {
            const k = j * x.length + i, r = 11 * Math.sqrt(Math.hypot(dx[k], dy[k]) / size);
            const angle = Math.atan2(-dy[k], dx[k]), px = plot.px(z), py = plot.py(b);
            const tip = [px + r * Math.cos(angle), py + r * Math.sin(angle)];
            const wing = turn => `${tip[0] + 4 * Math.cos(angle + turn)} ${tip[1] + 4 * Math.sin(angle + turn)}`;
            make('path', {class: 'arrow', d: `M${px} ${py}L${tip.join(' ')}M${wing(2.6)}L${tip.join(' ')}L${wing(-2.6)}`}, plot.curves);
        }
    plot.curve(path.x, path.y, 'path');
    plot.dot(path.x.at(-1), path.y.at(-1), 'handle', 6);
}

function draw_landscape() {
    const found = shown.landscape;
    if (!found) return;
    el('landscape').style.display = has_landscape() ? '' : 'none';
    if (!has_landscape()) {
        el('landscape-title').textContent = 'Potential';
        el('landscape-told').textContent = 'None of one variable: on tokens the experts differ. The diagram and the loop say where they go.';
        return;
    }
    if (!('lead' in found || 'dx' in found)) return;
    const is_plane = 'dx' in found, [x, y] = lead_of_state();
    el('landscape-title').textContent = is_plane ? 'Phase plane' : 'Potential';
    el('landscape').setAttribute('aria-label', is_plane ? 'Phase plane with a trajectory' : 'Potential with the state in it');
    if (is_plane) draw_plane(plots.landscape, found);
    else draw_potential(plots.landscape, found);
    el('landscape-told').textContent = shown.state && !shown.state.stable
        ? 'No stable state of rest: the loads go round.'
        : is_plane ? `At rest at ${short_number(x)}, ${short_number(y)}.` : `The state rests at ${short_number(x ?? 0)}.`;
}
