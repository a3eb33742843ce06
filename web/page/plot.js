'use strict';
// Axes and curves as SVG, in pixels of the screen.

const svg_space = 'http://www.w3.org/2000/svg';

function make(name, attributes = {}, parent = null, text = null) {
    const out = document.createElementNS(svg_space, name);
    for (const [key, value] of Object.entries(attributes)) out.setAttribute(key, value);
    if (text !== null) out.textContent = text;
    if (parent) parent.append(out);
    return out;
}

function round_ticks(from, to, wanted) {
    const raw = (to - from) / wanted, unit = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5, 10].map(k => k * unit).find(s => s >= raw * 0.999);
    const out = [];
    for (let k = Math.ceil(from / step - 1e-9); k * step <= to + 1e-9 * step; ++k)
        out.push(Number((k * step).toPrecision(12)));
    return out;
}

const short_number = value => String(Math.abs(value) < 1e-9 ? 0 : Number(value.toPrecision(4)));

// Of points that share a column of pixels the first, the lowest, the highest and the last: what a line shows of them.
function of_columns(points) {
    const out = [];
    for (let from = 0, to; from < points.length; from = to) {
        let low = from, high = from;
        for (to = from + 1; to < points.length && Math.floor(points[to][0]) === Math.floor(points[from][0]); ++to) {
            if (points[to][1] < points[low][1]) low = to;
            if (points[to][1] > points[high][1]) high = to;
        }
        for (const k of new Set([from, low, high, to - 1].sort((a, b) => a - b))) out.push(points[k]);
    }
    return out;
}

class Plot {
    constructor(svg) {
        this.svg = svg;
        this.margin = {left: 52, right: 12, top: 10, bottom: 40};
        this.words = [];
        svg.textContent = '';
        this.frame = make('g', {'aria-hidden': 'true'}, svg);
        const id = svg.id + '-clip';
        this.clip = make('rect', {}, make('clipPath', {id}, make('defs', {}, svg)));
        this.curves = make('g', {'clip-path': `url(#${id})`, 'aria-hidden': 'true'}, svg);
        this.marks = make('g', {}, svg);
    }

    // x, y: [from, to]; labels in words
    axes(x, y, x_label, y_label) {
        Object.assign(this, {x, y});
        const m = this.margin, {clientWidth, clientHeight} = this.svg;
        const made_of = [x, y, x_label, y_label, clientWidth, clientHeight].join();
        if (made_of === this.made_of) return;
        this.made_of = made_of;
        this.width = Math.max(200, clientWidth);
        this.height = Math.max(160, clientHeight);
        this.svg.setAttribute('viewBox', `0 0 ${this.width} ${this.height}`);
        const heights = round_ticks(...y, 5);
        m.left = 24 + Math.max(28, ...heights.map(at => 7 * short_number(at).length + 8));  // its name, then the numbers
        const right = this.width - m.right, bottom = this.height - m.bottom;
        for (const [key, value] of Object.entries(
                 {x: m.left, y: m.top, width: right - m.left, height: bottom - m.top}))
            this.clip.setAttribute(key, value);
        this.frame.textContent = '';
        make('rect', {class: 'box', x: m.left, y: m.top, width: right - m.left, height: bottom - m.top},
             this.frame);
        for (const at of round_ticks(...x, Math.max(3, this.width / 60))) {
            make('path', {class: 'grid', d: `M${this.px(at)} ${m.top}V${bottom}`}, this.frame);
            make('text', {x: this.px(at), y: bottom + 16, 'text-anchor': 'middle'}, this.frame, short_number(at));
        }
        for (const at of heights) {
            make('path', {class: 'grid', d: `M${m.left} ${this.py(at)}H${right}`}, this.frame);
            make('text', {x: m.left - 6, y: this.py(at) + 4, 'text-anchor': 'end'}, this.frame, short_number(at));
        }
        make('text', {class: 'name', x: (m.left + right) / 2, y: bottom + 34, 'text-anchor': 'middle'},
             this.frame, x_label);
        make('text', {class: 'name', 'text-anchor': 'middle',
                      transform: `translate(14 ${(m.top + bottom) / 2}) rotate(-90)`}, this.frame, y_label);
    }

    px(x) {
        const m = this.margin;
        if (typeof x !== 'number') throw new TypeError(`${x} is no number`);
        return m.left + (x - this.x[0]) / (this.x[1] - this.x[0]) * (this.width - m.left - m.right);
    }
    py(y) {
        const m = this.margin;
        if (typeof y !== 'number') throw new TypeError(`${y} is no number`);
        return this.height - m.bottom - (y - this.y[0]) / (this.y[1] - this.y[0]) * (this.height - m.top - m.bottom);
    }
    // The place of an event, held in the box.
    place({clientX, clientY}) {
        const box = this.svg.getBoundingClientRect(), m = this.margin;
        const share = (v, from, to) => Math.min(1, Math.max(0, (v - from) / (to - from)));
        const u = share((clientX - box.left) * this.width / box.width, m.left, this.width - m.right);
        const v = share((clientY - box.top) * this.height / box.height, this.height - m.bottom, m.top);
        return {x: this.x[0] + u * (this.x[1] - this.x[0]), y: this.y[0] + v * (this.y[1] - this.y[0])};
    }

    clear() {
        this.curves.textContent = '';
        this.words = [];  // names that stand
    }

    curve(xs, ys, name, from = 0, to = xs.length) {
        let d = '', run = [];
        const end = () => {
            if (run.length > 0) d += 'M' + of_columns(run).map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join('L');
            run = [];
        };
        for (let i = from; i < to; ++i) {
            if (xs[i] === null || ys[i] === null) end();
            else run.push([this.px(xs[i]), this.py(ys[i])]);
        }
        end();
        if (d) make('path', {class: name, d}, this.curves);
    }

    dot(x, y, name, radius = 4) {
        if (x !== null && y !== null) make('circle', {class: name, cx: this.px(x), cy: this.py(y), r: radius}, this.curves);
    }

    // Dots of many rows, of which those that fall on another are left out.
    dots(xs, ys, name, radius) {
        const taken = new Set();
        for (const [i, x] of xs.entries()) {
            if (x === null || ys[i] === null) continue;
            const place = `${Math.round(this.px(x) / radius)} ${Math.round(this.py(ys[i]) / radius)}`;
            if (!taken.has(place)) this.dot(x, ys[i], name, radius);
            taken.add(place);
        }
    }

    // A cell of a grid about x and y; `shade` from 0 to 1.
    cell(x, y, wide, high, shade) {
        const left = this.px(x - wide / 2), top = this.py(y + high / 2);
        make('rect', {class: 'cell', x: left, y: top, width: this.px(x + wide / 2) - left, height: this.py(y - high / 2) - top,
                      'fill-opacity': shade}, this.curves);
    }

    // The name of a point above it to the right (at the edges below, or to the left), unless another name stands there.
    word(x, y, text) {
        if (x === null || y === null) return;
        const wide = 8 * text.length, right = this.px(x) + 7, above = this.py(y) - 7;
        const u = right + wide < this.width ? right : right - 14 - wide, v = above > 20 ? above : above + 23;
        if (this.words.some(one => Math.abs(one.v - v) < 14 && u < one.u + one.wide && one.u < u + wide)) return;
        this.words.push({u, v, wide});
        make('text', {class: 'label', x: u, y: v}, this.curves, text);
    }
}

// Runs of equal values: [from, to) of each.
function runs_of(values) {
    const out = [];
    for (let i = 0; i < values.length; ++i)
        if (i === 0 || values[i] !== values[i - 1]) out.push([i, i + 1]);
        else out[out.length - 1][1] = i + 1;
    return out;
}

const load_columns = branch => Object.keys(branch.columns).filter(name => /^load_\d+(_min|_max)?$/.test(name));

// Loads over the parameter; what is stable is whole, what is not is dashed.
function draw_diagram(plot, found, shown = name => true) {
    plot.clear();
    for (const branch of found.branches) {
        const xs = Object.values(branch.columns)[0];
        for (const name of load_columns(branch).filter(shown))
            for (const [from, to] of runs_of(branch.columns.stable))
                plot.curve(xs, branch.columns[name], branch.columns.stable[from] ? 'stable' : 'unstable',
                           Math.max(0, from - 1), to);
    }
    for (const point of found.special_points) {
        if (point.type === 'EP') continue;
        const branch = found.branches.find(one => one.id === point.branch);
        for (const [k, name] of load_columns(branch).filter(shown).entries()) {
            const x = Object.values(branch.columns)[0][point.row], y = branch.columns[name][point.row];
            plot.dot(x, y, 'special', 3.5);
            if (k === 0) plot.word(x, y, point.label);
        }
    }
}

// Curves of special points in the plane of two parameters.
function draw_locus(plot, found) {
    plot.clear();
    for (const branch of found.branches) {
        const [xs, ys] = Object.values(branch.columns);
        plot.curve(xs, ys, 'kind ' + branch.kind.replaceAll(' ', '-'));
    }
    for (const point of found.special_points) {
        if (point.type === 'EP') continue;
        const branch = found.branches.find(one => one.id === point.branch);
        const [xs, ys] = Object.values(branch.columns);
        plot.dot(xs[point.row], ys[point.row], 'special');
        plot.word(xs[point.row], ys[point.row], point.label);
    }
}
