'use strict';
// The closed loop, batch by batch: tokens drop into experts, and loads go on over time.

const live = {drops: [], owed: [], loads: [], history: [], steps: 0, asked: true, fresh: 0, frames: 0};  // `asked`: nothing more is, until that is there
const kept_batches = 600, kept_drops = 240;
const still = matchMedia('(prefers-reduced-motion: reduce)');

const night = matchMedia('(prefers-color-scheme: dark)');
function colour_of(e, count) {
    const dark = night.matches;
    const hue = (205 + 360 * e / Math.max(2, count)) % 360;
    return `hsl(${hue} ${dark ? '70% 68%' : '75% 38%'})`;
}

// A canvas of the screen's own pixels.
function opened(id) {
    const canvas = el(id), ratio = devicePixelRatio || 1, pen = canvas.getContext('2d');
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
        canvas.width = Math.round(width * ratio);
        canvas.height = Math.round(height * ratio);
    }
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    pen.font = '12px system-ui, sans-serif';
    return {pen, width, height};
}

const ink = name => getComputedStyle(document.documentElement).getPropertyValue(name);

// Of each batch a few tokens are seen, as many of each expert as its load says in the long run.
const seen_tokens = 3;
function drop_tokens(loads) {
    if (still.matches) return;
    for (const [e, load] of loads.entries()) {
        live.owed[e] = (live.owed[e] ?? 0) + seen_tokens * load;
        for (; live.owed[e] >= 1 && live.drops.length < kept_drops; --live.owed[e])
            live.drops.push({e, at: Math.random(), y: -0.1 * Math.random(), speed: 1.1});
    }
}

function draw_tokens(seconds) {
    const {pen, width, height} = opened('tokens-drawn'), count = live.loads.length;
    if (count === 0) return;
    const column = width / count, floor = height - 18, gap = Math.min(3, column / 6);
    for (const [e, load] of live.loads.entries()) {
        pen.fillStyle = colour_of(e, count);
        pen.globalAlpha = 0.35;
        pen.fillRect(e * column + gap, floor - load * (floor - 14), column - 2 * gap, load * (floor - 14));
        pen.globalAlpha = 1;
        pen.fillStyle = ink('--ink');
        pen.textAlign = 'center';
        if (column > 16) pen.fillText(String(e + 1), (e + 0.5) * column, height - 4);
    }
    for (const drop of live.drops) {
        drop.y += drop.speed * seconds;
        pen.fillStyle = colour_of(drop.e, count);
        pen.beginPath();
        pen.arc((drop.e + 0.1 + 0.8 * drop.at) * column, drop.y * floor, Math.max(1.5, Math.min(3, column / 8)), 0, 7);
        pen.fill();
    }
    live.drops = live.drops.filter(drop => drop.y < 1 - 0.9 * live.loads[drop.e]);
}

function draw_history() {
    const {pen, width, height} = opened('loads-drawn'), count = live.loads.length;
    const bottom = height - 16, top = 9, y = load => top + (1 - load) * (bottom - top);  // a digit above the line of 1
    pen.strokeStyle = ink('--line');
    pen.fillStyle = ink('--soft');
    for (const load of [0, 0.5, 1]) {
        pen.beginPath();
        pen.moveTo(30, y(load));
        pen.lineTo(width, y(load));
        pen.stroke();
        pen.fillText(String(load), 4, y(load) + 4);
    }
    pen.textAlign = 'right';
    pen.fillText(`batch ${live.steps}`, width, height - 3);
    pen.textAlign = 'left';
    pen.lineWidth = 1.5;
    for (let e = 0; e < count; ++e) {
        pen.strokeStyle = colour_of(e, count);
        pen.beginPath();
        for (const [i, loads] of live.history.entries())
            pen.lineTo(30 + (width - 30) * i / kept_batches, y(loads[e]));
        pen.stroke();
    }
}

function take_batches(run, found) {
    if (run !== live.fresh) return;  // of a loop that is gone
    live.asked = false;
    live.steps = found.steps;
    for (const loads of found.loads) {
        live.history.push(loads);
        drop_tokens(loads);
    }
    live.history.splice(0, Math.max(0, live.history.length - kept_batches));
    live.loads = found.loads.at(-1);
    live.scores = found.scores;
    const words = `${found.diagnosis.verdict}${found.diagnosis.reason ? ': ' + found.diagnosis.reason : ''}`;
    if (el('diagnosis').textContent !== words) el('diagnosis').textContent = words;
}

function run_batches(batches) {
    const run = live.fresh;
    live.asked = true;
    return engines.loop.ask(request('run', {batches})).then(found => take_batches(run, found), failure => {
        if (run !== live.fresh) return;
        live.asked = false;
        tell_failure(failure);
        set_running(false);
    });
}

function stop_loop() {
    Object.assign(live, {drops: [], owed: [], history: [], loads: [], steps: 0, asked: true});
    el('diagnosis').textContent = 'nothing yet';
    return ++live.fresh;
}

// From the state in which the theory rests, or from equal loads.
function start_loop(state) {
    const run = stop_loop();
    const more = {tokens: number_of('batch'), seed: number_of('seed'), step: number_of('step')};
    if (state) more.state = state;
    return engines.loop.ask(request('start', more)).then(() => {
        if (run === live.fresh) live.asked = false;
    }, failure => { if (run === live.fresh) tell_failure(failure); });
}

function set_running(on) {
    settings.run = on ? '1' : '0';
    el('run').textContent = on ? 'Pause' : 'Run';
    el('run').setAttribute('aria-pressed', String(on));
    write_address();
}

let drawn_at = 0;
let told_at = 0;
function frame(now) {
    const seconds = Math.min(0.1, (now - drawn_at) / 1000);
    drawn_at = now;
    const started = performance.now();
    if (settings.run === '1' && !live.asked) run_batches(1);
    if (settings.run === '1' || live.drops.length > 0) {
        draw_tokens(seconds);
        if (++live.frames % 4 === 0) draw_history();  // it moves slowly
    }
    if (now - told_at > 1000 && live.loads.length > 0) {
        told_at = now;
        el('loop-told').textContent = `Batch ${live.steps}: loads ` +
            live.loads.slice(0, 8).map(load => load.toFixed(3)).join(', ') + (live.loads.length > 8 ? ', …' : '');
    }
    live.script_ms = performance.now() - started;
    requestAnimationFrame(frame);
}
