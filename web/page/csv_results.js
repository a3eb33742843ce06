'use strict';
// A CSV of the program (`--out run.csv`: the first table of a result) as the result that it is of.

// By what its heading has; a diagram or a locus names the branch of each row, and its special points.
const csv_results = [
    {has: ['branch', 'kind', 'label'], make: diagram_of_rows},
    {has: ['replica', 'step'], make: table => ({schema: 'moebius.simulate/1', records: table})},
    {has: ['direction'], make: table => ({schema: 'moebius.sweep/1', samples: table, options: {vary: Object.keys(table)[1]}})},
    {has: ['stable_states'], make: table => ({schema: 'moebius.grid/1', grid: table})},
    {has: ['x', 'load_1', 'eigenvalue', 'stable'], make: table => ({schema: 'moebius.exact/1', equilibria: table})},
    {has: ['winners', 'fold_feedback'], make: table => ({schema: 'moebius.exact/1', branches: table})},
];

function diagram_of_rows({branch, kind, label, ...columns}) {
    const branches = [], special_points = [];
    for (const [row, id] of branch.entries()) {
        if (branches.at(-1)?.id !== id)
            branches.push({id, kind: kind[row], columns: Object.fromEntries(Object.keys(columns).map(name => [name, []]))});
        const of = branches.at(-1).columns;
        for (const [name, values] of Object.entries(columns)) of[name].push(values[row]);
        if (label[row]) special_points.push({type: label[row].replace(/_?\d+$/, ''), label: label[row], branch: id, row: Object.values(of)[0].length - 1});
    }
    return {schema: `moebius.${'stable' in columns ? 'diagram' : 'locus'}/1`, branches, special_points};
}

// The result, or null where the heading is of no table of the program.
function result_of_csv(text) {
    const names = text.slice(0, text.search(/\r?\n|$/)).split(',');
    const found = csv_results.find(one => one.has.every(name => names.includes(name)));
    if (!found) return null;
    const words = new Set(['kind', 'label']), table = Object.fromEntries(names.map(name => [name, []]));
    for (const [at, line] of text.trimEnd().split(/\r?\n/).slice(1).entries()) {
        const cells = line.split(',');
        if (cells.length !== names.length) throw new Error(`line ${at + 2} has ${cells.length} of ${names.length} columns`);
        for (const [k, name] of names.entries())
            table[name].push(words.has(name) ? cells[k] : Number.isFinite(Number.parseFloat(cells[k])) ? Number(cells[k]) : null);
    }
    return found.make(table);
}
