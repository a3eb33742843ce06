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
            to: Number(Math.max((is_many() ? 1.6 : 4) * threshold, 1.25 * (decimal_of(settings.feedback) || 0)).toPrecision(2))};
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

// Of all numbers; those of `whole_numbers` are rounded. Ends of the bias follow from `to`, which stands before it.
const limits = {
    experts: () => [2, 64], to: () => [2 * from_feedback, 1000], ...range_ends,
    batch: () => [1, 65536], step: () => [0.001, 1], seed: () => [0, Number.MAX_SAFE_INTEGER],
};
const whole_numbers = ['experts', 'batch', 'seed'];

const decimal_of = text => /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN;

function held(name, value) {
    const [from, to] = limits[name](), inside = Math.min(to, Math.max(from, value));
    return whole_numbers.includes(name) ? Math.round(inside) : inside;
}

// Takes what is written for a number; where it is none, or beyond its limits, a sentence says what is taken.
function take_number(name, text, otherwise) {
    const said = decimal_of(text), taken = Number.isNaN(said) ? Number(otherwise) : held(name, said);
    settings[name] = String(taken);
    if (text === '' || taken === said) return '';
    const kind = whole_numbers.includes(name) ? 'a whole number' : 'a number';
    return other_taken(name, text, `${kind} from ${limits[name]().join(' to ')}`);
}

const other_taken = (name, text, needed) => `${name} is '${text.slice(0, 30)}', but it must be ${needed}; ${settings[name]} is taken. `;

// Takes a word that is one of `words`, else the first of them, and says so.
function take_word(name, words) {
    const text = settings[name];
    if (words.includes(text)) return '';
    settings[name] = words[0];
    return text === '' ? '' : other_taken(name, text, words.join(' or '));
}

const slider_names = () => ['feedback', 'bias', 'beta', ...(is_controlled() ? ['gain', 'leak'] : [])];

// What the set may have beside the feedback, first what it has where nothing is said.
const seconds = () => is_controlled() ? ['gain', 'bias', 'beta', 'leak'] : ['bias', 'beta'];

const fill_gate = () => settings.gate ||= is_many() ? 'class-means:0,1,2' : 'class-means:0,1';

// Numbers that are missing, and those that cannot be; what is said of them.
function fill_settings() {
    const many = take_number('experts', settings.experts, fixed.experts);
    const start = {...fixed, ...start_values()};
    const second = take_word('second', seconds());
    const others = Object.keys(limits).filter(name => name !== 'experts');
    return many + second + others.map(name => take_number(name, settings[name], held(name, Number(start[name])))).join('');
}

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

const shell_word = text => /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

// The line that has the program compute the same.
function command_of(vary) {
    const varied = new Set(vary.map(one => one.name));
    let out = `moebius ${vary.length === 1 ? 'diagram' : 'locus'} --model ${settings.model}`;
    if (takes_tokens()) out += ` --tokens ${shell_word(tokens.name)} --gate ${shell_word(settings.gate)}`;
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

// Says what of it cannot be.
function read_address() {
    Object.assign(settings, fixed);
    for (const [name, value] of new URLSearchParams(location.hash.slice(1)))
        if (Object.hasOwn(fixed, name)) settings[name] = value;
    if (!state_of_address().every(value => Math.abs(value) <= farthest_state)) settings.state = '';
    return take_word('model', Object.keys(model_words)) + take_word('controlled', ['0', '1']) + take_word('run', ['1', '0']);
}

// Rounded, as the flow goes on from there; nothing for the state that is found without.
function state_in_address({stable, state}) {
    const rounded = state.map(value => Number(value.toFixed(6)));
    return stable && rounded.some(value => value !== 0) ? rounded.join() : '';
}

const state_of_address = () => settings.state.split(',').map(decimal_of);
const farthest_state = 1e4;  // scores do not come there by any slider

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
