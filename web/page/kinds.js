'use strict';
// What the page draws of each kind of result that is a table, as `moebius plot` does; what has no figure is told.

const loads_or_gap = names => {
    const of = pattern => names.filter(name => pattern.test(name));
    return of(/^load_\d+$/).length > 0 ? of(/^load_\d+$/) : of(/^gap$/);
};
const varied = ({options}) => String([options?.vary ?? []].flat()[0]).split('=')[0];

const axis_of = names => names.find(name => name !== 'point');  // of a sweep's points the first

// Of each kind the tables, the first that the result has being drawn: over which column, which curves, and which
// column numbers them. `dots`: rows are runs of their own, which no line joins.
const drawn_tables = {
    sweep: [{table: 'samples', over: varied, curves: loads_or_gap, by: 'direction'}],
    simulate: [{table: 'records', over: () => 'step', curves: loads_or_gap, by: 'replica'}],
    exact: [{table: 'fold_set', over: () => 'feedback', curves: () => ['bias']},
            {table: 'branches', over: () => 'winners', curves: () => ['fold_feedback', 'maxwell_feedback']},
            {table: 'equilibria', over: () => 'x', curves: loads_or_gap, dots: true}],
    response: [{table: 'response', over: () => 'x', curves: () => ['gap_predicted', 'gap']}],
    compare: [{table: 'folds', over: () => 'feedback', curves: () => ['bias'], by: 'router'},
              {table: 'comparison', over: () => 'router', curves: () => ['threshold', 'threshold_measured'], dots: true}],
    train: [{table: 'models', over: varied, dots: true,
             curves: names => [names.includes('train_gap') ? 'train_gap' : 'train_largest', 'test_accuracy']}],
    'validate-trained': [{table: 'points', over: varied, by: 'side', curves: () => ['gap_predicted', 'gap_frozen', 'gap_training']}],
    'validate-held': [{table: 'held_points', over: () => 'feedback', by: 'side', curves: () => ['gap_held', 'gap_frozen']}],
    'validate-oscillation': [{table: 'decay', over: () => 'feedback', curves: () => ['growth_predicted', 'growth']}],
    plan: [{table: 'points', over: ({points}) => axis_of(Object.keys(points)), dots: true,
            curves: names => names.filter(name => !['point', 'seed', 'status', 'failure', axis_of(names)].includes(name))}],
    diagnose: [{table: 'history', over: () => 'step', curves: () => ['least', 'median', 'most'], by: 'layer'}],
};

const kind_of = result => /^moebius\.([a-z-]+)\/1$/.exec(result?.schema ?? '')?.[1];
const rows_of = table => Object.values(table ?? {})[0]?.length ?? 0;
const has_numbers = (table, name) => (table[name] ?? []).some(value => typeof value === 'number');

// {table, name, x, ys, by, dots} of what is drawn, or null.
function drawn_table(result) {
    for (const one of drawn_tables[kind_of(result)] ?? []) {
        const table = result[one.table];
        if (rows_of(table) === 0) continue;
        const names = Object.keys(table), x = one.over(result);
        const ys = one.curves(names).filter(name => has_numbers(table, name));
        if (has_numbers(table, x) && ys.length > 0)
            return {table, name: one.table, x, ys, by: names.includes(one.by) ? one.by : null, dots: one.dots};
    }
    return null;
}

const sum_of = values => values.reduce((sum, value) => sum + (value ?? 0), 0);

// What a result says in words of its own.
function words_of(result) {
    const said = [];
    const {counts, layers} = result;
    if (counts?.judged) said.push(['judged', 'wrong', 'not_judged'].map(name => `${sum_of(counts[name])} ${name.replace('_', ' ')}`).join(', '));
    if (layers?.verdict && result.layer_names && result.verdicts)
        layers.layer.slice(0, 6).forEach((layer, row) => said.push(
            `layer ${result.layer_names[layer]}: ${result.verdicts[layers.verdict[row] - 1]}`));
    else if (typeof result.verdict === 'string') said.push(result.verdict);
    if (result.options?.incomplete) said.push('it was stopped and is incomplete');
    return said;
}
