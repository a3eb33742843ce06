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

class Plot {
    constructor(svg) {
        this.svg = svg;
        this.margin = {left: 52, right: 12, top: 10, bottom: 40};
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
        for (const at of round_ticks(...y, 5)) {
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
        return m.left + (x - this.x[0]) / (this.x[1] - this.x[0]) * (this.width - m.left - m.right);
    }
    py(y) {
        const m = this.margin;
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

    clear() { this.curves.textContent = ''; }

    curve(xs, ys, name, from = 0, to = xs.length) {
        let d = '', pen = 'M';
        for (let i = from; i < to; ++i) {
            if (xs[i] === null || ys[i] === null) { pen = 'M'; continue; }
            d += `${pen}${this.px(xs[i]).toFixed(1)} ${this.py(ys[i]).toFixed(1)}`;
            pen = 'L';
        }
        if (d) make('path', {class: name, d}, this.curves);
    }

    dot(x, y, name, radius = 4) {
        make('circle', {class: name, cx: this.px(x), cy: this.py(y), r: radius}, this.curves);
    }

    // A cell of a grid about x and y; `shade` from 0 to 1.
    cell(x, y, wide, high, shade) {
        const left = this.px(x - wide / 2), top = this.py(y + high / 2);
        make('rect', {class: 'cell', x: left, y: top, width: this.px(x + wide / 2) - left, height: this.py(y - high / 2) - top,
                      'fill-opacity': shade}, this.curves);
    }

    word(x, y, text) {
        const left = this.px(x) > this.width - 60;
        make('text', {class: 'label', x: this.px(x) + (left ? -7 : 7), y: Math.max(22, this.py(y) - 7),
                      'text-anchor': left ? 'end' : 'start'}, this.curves, text);
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
    const seen = new Set();
    for (const point of found.special_points) {
        if (point.type === 'EP') continue;
        const branch = found.branches.find(one => one.id === point.branch);
        for (const [k, name] of load_columns(branch).filter(shown).entries()) {
            const x = Object.values(branch.columns)[0][point.row], y = branch.columns[name][point.row];
            plot.dot(x, y, 'special', 3.5);
            const spot = `${plot.px(x) / 24 | 0} ${plot.py(y) / 14 | 0}`;
            if (k === 0 && !seen.has(spot)) plot.word(x, y, point.label);
            seen.add(spot);
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
