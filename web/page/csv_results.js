'use strict';
// A CSV of the program (`--out run.csv`: the first table of a result; or of `moebius merge`) as the result that it is of.

const of_kind = (kind, name, vary) => table => ({schema: `moebius.${kind}/1`, [name]: table, options: {vary: Object.keys(table)[vary]}});

// By what its heading has; a diagram or a locus names the branch of each row, and its special points.
const csv_results = [
    {has: ['status', 'failure'], make: of_kind('plan', 'points')},
    {has: ['branch', 'kind', 'label'], make: diagram_of_rows},
    {has: ['replica', 'step'], make: of_kind('simulate', 'records')},
    {has: ['direction'], make: of_kind('sweep', 'samples', 1)},
    {has: ['stable_states'], make: of_kind('grid', 'grid')},
    {has: ['x', 'load_1', 'eigenvalue', 'stable'], make: of_kind('exact', 'equilibria')},
    {has: ['winners', 'fold_feedback'], make: of_kind('exact', 'branches')},
    {has: ['judged', 'wrong', 'not_judged'], make: of_kind('check', 'counts')},
    {has: ['x', 'gap_predicted', 'gap_low'], make: of_kind('response', 'response')},
    {has: ['router', 'threshold'], make: of_kind('compare', 'comparison')},
    {has: ['seed', 'test_loss'], make: of_kind('train', 'models', 3)},
    {has: ['gap_frozen', 'gap_training'], make: of_kind('validate-trained', 'points', 2)},
    {has: ['growth', 'growth_predicted'], make: of_kind('validate-oscillation', 'decay')},
    {has: ['from', 'to'], make: of_kind('validate', 'sweep_plans')},
    {has: ['layer', 'max_over_mean'], make: of_kind('diagnose', 'measures')},
    {has: ['step', 'expert'], make: () => { throw new Error('it is a log of loads, no result; moebius diagnose reads it'); }},
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

// A sentence in quotes may have commas.
const cells_of = line => line.includes('"') ? [...line.matchAll(/(?:^|,)("(?:[^"]|"")*"|[^,]*)/g)].map(one => one[1]) : line.split(',');

// The result, or null where the heading is of no table of the program.
function result_of_csv(text) {
    const names = text.slice(0, text.search(/\r?\n|$/)).split(',');
    const found = csv_results.find(one => one.has.every(name => names.includes(name)));
    if (!found) return null;
    const words = new Set(['kind', 'label', 'failure']), table = Object.fromEntries(names.map(name => [name, []]));
    for (const [at, line] of text.trimEnd().split(/\r?\n/).slice(1).entries()) {
        const cells = cells_of(line);
        if (cells.length !== names.length) throw new Error(`line ${at + 2} has ${cells.length} of ${names.length} columns`);
        for (const [k, name] of names.entries())
            table[name].push(words.has(name) ? cells[k] : Number.isFinite(Number.parseFloat(cells[k])) ? Number(cells[k]) : null);
    }
    return found.make(table);
}
