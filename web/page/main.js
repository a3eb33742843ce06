'use strict';
// What the reader touches, and what follows from it.

function facts_of(name) {
    const all = [...info().parameters, ...known.controller];
    return all.find(one => one.name === name) ?? {symbol: 'h', meaning: 'asymmetry in the drift of expert 1'};
}

function write_choices() {
    for (const name of ['model', 'gate']) el(name).value = settings[name];
    el('controlled').checked = is_controlled();
    for (const part of document.querySelectorAll('[data-for]'))
        part.hidden = part.dataset.for === 'many' ? !is_many() || takes_tokens() : !takes_tokens();
}

const written_numbers = ['experts', 'to', 'batch', 'step'];

function write_controls() {
    for (const name of written_numbers) {
        const [min, max] = limits[name]();
        Object.assign(el(name), {min, max, value: settings[name]});
    }
    el('experts-value').textContent = settings.experts;
    el('equation').textContent = shown.state?.equation ?? info().equation;
    if (el('sliders').dataset.names !== slider_names().join()) make_sliders(el('sliders'));
    el('second').replaceChildren(...seconds().map(name => new Option(name, name)));
    el('second').value = settings.second;
    write_sliders();
}

function write_sliders() {
    for (const name of slider_names()) {
        const [from, to] = range_ends[name](), slider = el(name);
        Object.assign(slider, {min: from, max: to, step: 'any'});  // what is set need not be round
        slider.value = settings[name];
        slider.setAttribute('aria-valuetext', settings[name]);
        el(name + '-value').textContent = settings[name];
    }
}

function make_sliders(box) {
    box.dataset.names = slider_names().join();
    box.textContent = '';
    for (const name of slider_names()) {
        const facts = facts_of(name), row = document.createElement('div');
        row.className = 'slider';
        const label = document.createElement('label'), value = document.createElement('output');
        label.htmlFor = name;
        label.textContent = `${name} ${facts.symbol}`;
        value.id = name + '-value';
        value.htmlFor = name;
        const slider = Object.assign(document.createElement('input'), {type: 'range', id: name});
        slider.setAttribute('aria-describedby', name + '-meaning');
        const meaning = Object.assign(document.createElement('small'), {id: name + '-meaning', textContent: facts.meaning});
        row.append(value, label, slider, meaning);
        box.append(row);
        slider.addEventListener('input', () => set_values({[name]: Number(slider.value)}));
    }
}

let scheduled = false;
function follow() {
    if (scheduled || filled !== changes) return;
    scheduled = true;
    requestAnimationFrame(() => {
        scheduled = false;
        const started = performance.now();
        write_sliders();
        draw_point();
        ask_state();
        ask_curves();
        write_address();
        shown.script_ms = performance.now() - started;
    });
}

// Values of parameters, held in their ranges, to a thousandth of them or finer.
function set_values(values) {
    if (filled !== changes) return;
    for (const [name, value] of Object.entries(values)) {
        const [from, to] = range_ends[name](), digits = Math.max(0, 3 - Math.floor(Math.log10(to - from)));
        settings[name] = String(Number(held(name, value).toFixed(digits)));
    }
    follow();
}

function forget_all() {
    if (engines.curves.busy) {  // with curves that nobody wants any more
        engines.curves.worker.terminate();
        engines.curves = new_engine();
    }
    engines.point.forget();
    stop_loop();
    Object.assign(shown, {draft: null, state: null, jumps: []});
    for (const kind of ['diagram', 'set', 'landscape']) forget(kind);
}

// Another model, or another size: states and curves of the old one mean nothing.
let changes = 0, filled = 0;  // `filled`: the last of them after which all settings have values
async function all_changed(said = '') {
    const change = ++changes;
    tell('');
    try {
        forget_all();
        fill_gate();
        write_choices();
        if (takes_tokens()) await hand_over_tokens();
        if (change !== changes) return;
        tell(said + fill_settings());
        filled = change;
        write_controls();
        draw_all_curves();
        ask_state();
        ask_curves();
        set_running(settings.run === '1');
        await start_loop();
    } catch (failure) {
        if (change === changes) tell_failure(failure);
    }
}

function choose(changes) {
    Object.assign(settings, changes);
    for (const name of ['feedback', 'beta', 'to', 'second', 'gate'])
        if (!(name in changes)) settings[name] = '';
    Object.assign(settings, {bias: '0', state: ''});
    return all_changed();
}

// What stands in the field of a number; the field then says what was taken.
function written(name) {
    tell(take_number(name, el(name).value, settings[name]));
    return el(name).value = settings[name];
}

function listen_to_form() {
    el('controls').addEventListener('submit', event => event.preventDefault());
    el('model').addEventListener('change', () => choose({model: el('model').value}));
    el('experts').addEventListener('input', () => el('experts-value').textContent = el('experts').value);
    el('experts').addEventListener('change', () => choose({experts: el('experts').value}));
    el('controlled').addEventListener('change', () => choose({controlled: el('controlled').checked ? '1' : '0'}));
    el('gate').addEventListener('change', () => choose({gate: el('gate').value}));
    el('to').addEventListener('change', () => {
        written('to');
        set_values({feedback: number_of('feedback'), bias: number_of('bias')});
        draw_all_curves();
    });
    el('second').addEventListener('change', () => {
        settings.second = el('second').value;
        forget('set');
        draw_all_curves();
        follow();
    });
    for (const name of ['batch', 'step'])
        el(name).addEventListener('change', () => {
            written(name);
            write_address();
            start_loop(shown.state?.state);
        });
    el('run').addEventListener('click', () => set_running(settings.run !== '1'));
    el('restart').addEventListener('click', () => start_loop(shown.state?.state));
    el('reset').addEventListener('click', () => { history.replaceState(null, '', '#'); tokens.columns = 0; read_again(); });
    el('share').addEventListener('click', () =>
        navigator.clipboard?.writeText(location.href).then(() => tell('The address is copied.'), () => tell(location.href)) ?? tell(location.href));
    el('save-diagram').addEventListener('click', () => save('diagram'));
    el('save-set').addEventListener('click', () => save('set'));
}

// The point follows a pointer that is down, in the set and along the diagram.
function listen_to_plot(svg, moved) {
    svg.addEventListener('pointerdown', event => {
        svg.setPointerCapture(event.pointerId);
        moved(event);
    });
    svg.addEventListener('pointermove', event => { if (svg.hasPointerCapture(event.pointerId)) moved(event); });
}

function listen_to_set() {
    listen_to_plot(el('set'), event => {
        const {x, y} = plots.set.place(event);
        set_values({feedback: x, [settings.second]: y});
        plots.set.marks.querySelector('.handle')?.focus();
    });
    listen_to_plot(el('diagram'), event => set_values({feedback: plots.diagram.place(event).x}));
    const steps = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1]};
    el('set').addEventListener('keydown', event => {
        if (!(event.key in steps) || event.target.id !== 'point') return;
        event.preventDefault();
        const [u, v] = steps[event.key], share = event.shiftKey ? 1000 : 100, second = settings.second;
        const step = name => { const [from, to] = range_ends[name](); return (to - from) / share; };
        if (u) set_values({feedback: number_of('feedback') + u * step('feedback')});
        else set_values({[second]: number_of(second) + v * step(second)});
    });
}

function read_again() {
    clearTimeout(address_due);  // with what was set before
    address_due = 0;
    return all_changed(read_address());
}

function redraw() {
    if (known) draw_all_curves();
    if (shown.file) show_result(shown.file.name, shown.file.text);
}

async function open_page() {
    engines = await open_engines();
    known = await engines.point.ask({ask: 'models'});
    for (const [name, words] of Object.entries(model_words)) el('model').append(new Option(words, name));
    for (const name of ['diagram', 'set', 'landscape']) plots[name] = new Plot(el(name));
    listen_to_form();
    listen_to_set();
    accept_drops();
    await read_again();
    let width = innerWidth;
    addEventListener('resize', () => { if (innerWidth !== width) { width = innerWidth; redraw(); } });
    addEventListener('hashchange', read_again);
    requestAnimationFrame(frame);
}

open_page().catch(tell_failure);
