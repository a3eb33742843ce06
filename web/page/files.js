'use strict';
// Files that are dropped or chosen: a result of the program is drawn, a CSV becomes tokens.

// The first diagram of a result: itself, or a part of it or of its parts.
function diagram_of(part, depth = 3) {
    if (depth === 0 || !part || typeof part !== 'object' || Array.isArray(part)) return null;
    if (Array.isArray(part.branches) && Array.isArray(part.special_points)) return part;
    for (const inner of Object.values(part)) {
        const found = diagram_of(inner, depth - 1);
        if (found) return found;
    }
    return null;
}

function ends_of(lists) {
    let low = Infinity, high = -Infinity;
    for (const list of lists)
        for (const value of list) {
            if (typeof value !== 'number') continue;
            low = Math.min(low, value);
            high = Math.max(high, value);
        }
    if (!(low <= high)) throw new Error('it has no finite number to draw');
    const largest = Math.max(-low, high);
    if (largest > 1e300) throw new Error('its numbers are too large to draw');
    const pad = 0.04 * (high - low > 1e-9 * largest ? high - low : largest || 1);
    return [low - pad, high + pad];
}

function draw_curves(plot, {schema}, {branches, special_points}) {
    if (branches.length === 0) throw new Error('it has no branch');
    const first = Object.keys(branches[0].columns), is_locus = !('stable' in branches[0].columns);
    const loads = branches.flatMap(load_columns);
    const y_names = branch => is_locus ? [first[1]] : loads.length > 0 ? load_columns(branch) : [Object.keys(branch.columns)[1]];
    const xs = branches.map(branch => Object.values(branch.columns)[0]);
    const ys = branches.flatMap(branch => y_names(branch).map(name => branch.columns[name]));
    plot.axes(ends_of(xs), ends_of(ys), first[0], is_locus ? first[1] : loads.length > 0 ? 'loads' : first[1]);
    if (is_locus) draw_locus(plot, {branches, special_points});
    else if (loads.length > 0) draw_diagram(plot, {branches, special_points});
    else {
        plot.clear();
        for (const branch of branches)
            for (const [from, to] of runs_of(branch.columns.stable))
                plot.curve(Object.values(branch.columns)[0], branch.columns[first[1]],
                           branch.columns.stable[from] ? 'stable' : 'unstable', Math.max(0, from - 1), to);
    }
    const points = special_points.filter(point => point.type !== 'EP').length;
    return `${branches.length} ${branches.length === 1 ? 'branch' : 'branches'}, ${points} special ${points === 1 ? 'point' : 'points'}`;
}

// Steady states that were measured, over the diagram that foretells them.
function draw_measured(plot, {steady}) {
    if (!steady?.feedback) return '';
    const loads = steady.load_1 ?? steady.gap.map(gap => (1 + gap) / 2);
    plot.dots(steady.feedback, loads, 'special', 2.5);
    return `, ${loads.length} measured states of rest`;
}

function draw_table(plot, {table, name, x, ys, by, dots}) {
    plot.axes(ends_of([table[x]]), ends_of(ys.map(key => table[key])), x, ys.slice(0, 3).join(', ') + (ys.length > 3 ? ', …' : ''));
    plot.clear();
    for (const key of ys) {
        if (dots || table[x].length <= 60) plot.dots(table[x], table[key], 'special', 2.5);
        if (dots) continue;
        for (const rows of Map.groupBy(table[x].keys(), row => by ? table[by][row] : 0).values())
            plot.curve(rows.map(row => table[x][row]), rows.map(row => table[key][row]), 'drawn');
    }
    return `table ${name}, ${table[x].length} rows: ${ys.join(', ')} over ${x}`;
}

// How many stable states each point of a grid has, the more the darker.
function draw_grid(plot, {grid}) {
    const [x_name, y_name] = Object.keys(grid), count = grid.stable_states;
    const levels = [...new Set(count)].filter(n => n !== null).sort((a, b) => a - b);
    const [xs, ys] = [grid[x_name], grid[y_name]].map(all => [...new Set(all)].sort((a, b) => a - b));
    if (levels.length === 0) throw new Error('it has no finite number to draw');
    const step = all => all.length > 1 ? (all.at(-1) - all[0]) / (all.length - 1) : 1;
    const [wide, high] = [step(xs), step(ys)];
    plot.axes([xs[0] - wide / 2, xs.at(-1) + wide / 2], [ys[0] - high / 2, ys.at(-1) + high / 2], x_name, y_name);
    plot.clear();
    // cells thinner than two pixels: every so many of a row and of a column, each as wide as what it stands for
    const every = [xs, ys].map((all, k) => Math.ceil(2 * all.length / (k === 0 ? plot.width : plot.height)));
    const drawn = [xs, ys].map((all, k) => new Set(all.filter((_, i) => i % every[k] === 0)));
    for (const [row, n] of count.entries()) {
        const x = grid[x_name][row], y = grid[y_name][row];
        if (n !== null && drawn[0].has(x) && drawn[1].has(y))
            plot.cell(x, y, every[0] * wide, every[1] * high, (1 + levels.indexOf(n)) / (1 + levels.length));
    }
    const some = every.some(n => n > 1) ? ` (a cell is every ${every.join(' x ')})` : '';
    return `${count.length} points${some}, light to dark: ${levels.join(', ')} stable ${levels.at(-1) === 1 ? 'state' : 'states'}`;
}

// Draws a result into `plot` and says what was drawn, or '' where it has no figure.
function draw_result(plot, result) {
    const diagram = diagram_of(result), table = drawn_table(result);
    if (diagram) return draw_curves(plot, result, diagram) + draw_measured(plot, result);
    if (result.grid) return draw_grid(plot, result);
    return table ? draw_table(plot, table) : '';
}

const is_csv = name => /\.csv$/i.test(name);

function show_result(name, text) {
    try {
        const result = is_csv(name) ? result_of_csv(text) : JSON.parse(text);
        if (!kind_of(result)) throw new Error('it is no result of moebius: "schema" is missing or another one');
        el('file-drawn').removeAttribute('hidden');  // a drawing has no property of that name
        plots.file = new Plot(el('file-drawn'));
        const drawn = draw_result(plots.file, result);
        if (!drawn) el('file-drawn').setAttribute('hidden', '');
        const what = [drawn || 'it has no figure', ...words_of(result)].join('; ');
        el('file-told').textContent = `${name} (${result.schema}${result.command ? ', ' + result.command : ''}): ${what}.`;
        el('file-drawn').setAttribute('aria-label', `${name}: ${what}`);
        shown.file = {name, text};
    } catch (failure) {
        const why = failure instanceof SyntaxError ? 'it is no JSON, nor a CSV; of journals and NetCDF, moebius merge makes a CSV' :
            failure instanceof TypeError ? 'it lacks what a result of its kind has' : failure.message;
        refuse_file(name, why);
    }
    el('drop').scrollIntoView({block: 'nearest'});
}

function refuse_file(name, why) {
    el('file-drawn').setAttribute('hidden', '');
    el('file-told').textContent = `${name}: ${why}.`;
}

async function take_file(file) {
    if (!file) return;
    try {
        if (file.size > largest_file) throw new Error(`it has ${short_number(file.size / 1e6)} MB, but a page takes at most ${largest_file / 1e6}`);
        const text = await file.text().catch(() => { throw new Error('it cannot be read; is it a folder?'); });
        if (!is_csv(file.name) || result_of_csv(text)) show_result(file.name, text);
        else await take_tokens(text, file.name);
    } catch (failure) {
        refuse_file(file.name, failure.message);
    }
}

function accept_drops() {
    const calm = event => {
        event.preventDefault();
        document.body.classList.toggle('dragged', event.type === 'dragover');
    };
    for (const kind of ['dragover', 'dragleave']) addEventListener(kind, calm);
    addEventListener('drop', event => {
        calm(event);
        take_file(event.dataTransfer.files[0]);
    });
    el('file').addEventListener('change', () => take_file(el('file').files[0]));
    el('tokens').addEventListener('change', () => take_file(el('tokens').files[0]));
}

function save(kind) {
    if (!shown[kind]) return;
    const {asked, ...result} = shown[kind];
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([JSON.stringify(result)], {type: 'application/json'}));
    link.download = `${settings.model}-${kind}.json`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

const largest_file = 200e6;

// Tokens: numbers in rows, the class in the last column. The engine's gate does the rest.
const tokens = {columns: 0, values: [], name: ''};

function read_csv(text, name) {
    const number = cell => cell.trim() === '' ? NaN : Number(cell);  // which is 0 of nothing
    const rows = text.trimEnd().split(/\r?\n/).map(line => line.split(/[,;\t]/).map(number));
    const heading = rows[0].every(Number.isNaN) && rows.length > 1 ? 1 : 0;
    const columns = rows[heading].length;
    const bad = rows.findIndex((row, line) => line >= heading && (row.length !== columns || !row.every(Number.isFinite)));
    if (columns < 2) throw new Error('its lines must be numbers and a class, with commas between them');
    if (bad >= 0) throw new Error(`line ${bad + 1} is not ${columns} finite numbers`);
    Object.assign(tokens, {columns, values: rows.slice(heading).flat(), name});
}

async function take_tokens(text, name) {
    el('file-told').textContent = `Reading ${name} …`;
    read_csv(text, name);
    if (!takes_tokens()) settings.model = 'token-response';
    settings.state = '';
    await all_changed();
    el('file-told').textContent = el('tokens-told').textContent || `${name}: ${el('status').textContent}`;
}

async function hand_over_tokens() {
    if (tokens.columns === 0) read_csv(new TextDecoder().decode(await unpacked('digits')), 'data/digits.csv');
    el('tokens-told').textContent = '';
    const asked = {ask: 'tokens', columns: tokens.columns, values: tokens.values, gate: settings.gate};
    // One engine has the work of the gate, the others what comes of it.
    const told = await engines.curves.ask(asked);
    const made = {ask: 'tokens', columns: told.experts, values: told.logits, gate: 'logits'};
    for (const engine of [engines.point, engines.loop]) engine.ask(made).catch(tell_failure);  // before what asks for them
    token_facts = told;
    el('tokens-told').textContent = `In use: ${told.tokens} tokens of ${tokens.name}, ${told.experts} experts.`;
}
