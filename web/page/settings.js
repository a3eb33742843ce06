'use strict';
// What the page shows, all of it in the address.

const model_words = {
    'two-expert': 'two experts',
    'softmax': 'N experts, softmax',
    'token-response': 'two experts on tokens',
    'token-softmax': 'many experts on tokens',
};

const fixed = {
    model: 'two-expert', experts: '8', controlled: '0', second: '', gate: '',
    feedback: '', beta: '', bias: '0', gain: '0.5', leak: '0', to: '',
    batch: '256', step: '0.02', seed: '1', run: '1',
    state: '',  // where it rests: of several stable ones, which
};

const settings = {...fixed};
let known = null;  // what the engine says of its models

const number_of = name => Number(settings[name]);
const is_many = () => info().many_experts;
const info = () => known.models.find(one => one.name === settings.model);
const takes_tokens = () => info().needs_tokens;
const is_controlled = () => settings.controlled === '1';

let token_facts = {tokens: 0, experts: 2};
function experts_now() {
    if (takes_tokens()) return token_facts.experts;
    return is_many() ? number_of('experts') : 2;
}

// The bias that the page moves is that of the first expert.
const bias_name = () => is_many() ? 'bias_1' : 'bias';

// Where a setting says nothing yet: what makes a first picture worth looking at.
function start_values() {
    const beta = takes_tokens() ? 4 : 1;
    const threshold = takes_tokens() ? 0.5 * experts_now() : experts_now() / beta;
    return {beta, feedback: Number((1.25 * threshold).toPrecision(2)),
            to: Number((is_many() ? 1.6 * threshold : 4 * threshold).toPrecision(2)),
            second: is_controlled() ? 'gain' : 'bias',
            gate: is_many() ? 'class-means:0,1,2' : 'class-means:0,1'};
}

function fill_settings() {
    for (const [name, value] of Object.entries(start_values()))
        if (settings[name] === '' || (name !== 'gate' && name !== 'second' &&
                                      !Number.isFinite(number_of(name))))
            settings[name] = String(value);
}

const from_feedback = 0.1;  // where the diagrams start

function bias_reach() { return Number((0.6 * number_of('to')).toPrecision(2)); }

const range_ends = {
    feedback: () => [from_feedback, number_of('to')],
    bias: () => [-bias_reach(), bias_reach()],
    beta: () => [0.1, takes_tokens() ? 16 : 4],
    gain: () => [0, 2],
    leak: () => [0, 1],
};

function parameters() {
    const out = {feedback: number_of('feedback'), beta: number_of('beta'), [bias_name()]: number_of('bias')};
    if (is_controlled()) Object.assign(out, {gain: number_of('gain'), leak: number_of('leak')});
    return out;
}

function request(ask, more = {}) {
    const out = {ask, model: settings.model, controlled: is_controlled(), parameters: parameters(), ...more};
    if (is_many()) out.experts = experts_now();
    return out;
}

// Ranges as the engine takes them; a range of the bias is of the first expert's.
function range_of(name) {
    const [from, to] = range_ends[name]();
    return {name: name === 'bias' ? bias_name() : name, from, to};
}

// The line that has the program compute the same.
function command_of(vary) {
    const varied = new Set(vary.map(one => one.name));
    let out = `moebius ${vary.length === 1 ? 'diagram' : 'locus'} --model ${settings.model}`;
    if (takes_tokens()) out += ` --tokens data/digits.csv --gate ${settings.gate}`;
    else if (is_many()) out += ` --experts ${settings.experts}`;
    if (is_controlled()) out += ' --controller integral';
    for (const [name, value] of Object.entries(parameters()))
        if (!varied.has(name)) out += ` --set ${name}=${value}`;
    for (const one of vary) out += ` --vary ${one.name}=${one.from}:${one.to}`;
    return out;
}

function curves_request(names) {
    const vary = names.map(range_of);
    const out = request('curves', {vary, command: command_of(vary)});
    for (const one of vary) delete out.parameters[one.name];  // what varies says nothing else
    return out;
}

function read_address() {
    Object.assign(settings, fixed);
    for (const [name, value] of new URLSearchParams(location.hash.slice(1)))
        if (name in fixed) settings[name] = value;
    if (!(settings.model in model_words)) settings.model = fixed.model;
    const experts = Math.round(number_of('experts'));
    settings.experts = String(Math.min(64, Math.max(2, experts || 8)));
}

// Rounded, as the flow goes on from there; nothing for the state that is found without.
function state_in_address({stable, state}) {
    const rounded = state.map(value => Number(value.toFixed(6)));
    return stable && rounded.some(value => value !== 0) ? rounded.join() : '';
}

const state_of_address = () => settings.state.split(',').map(Number);

// Not at every step of a drag: browsers allow few a second.
let address_due = 0;
function write_address() {
    address_due ||= setTimeout(put_address, 250);
}

function put_address() {
    address_due = 0;
    if (shown.state) settings.state = state_in_address(shown.state);
    const changed = Object.entries(settings).filter(([name, value]) => value !== fixed[name]);
    const hash = '#' + new URLSearchParams(changed).toString();
    if (hash !== location.hash) history.replaceState(null, '', hash);
}
