'use strict';
// Three engines in workers, so that a long curve keeps neither the point nor the loop waiting.

const text_of = id => document.getElementById(id).textContent;

async function unpacked(id) {
    const text = atob(text_of(id)), bytes = new Uint8Array(text.length);
    for (let k = 0; k < text.length; ++k) bytes[k] = text.charCodeAt(k);  // a tenth of what Uint8Array.from takes
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
    return new Response(stream).arrayBuffer();
}

class Engine {
    constructor(module, source) {
        this.worker = new Worker(source);
        this.asked = new Map();
        this.running = new Map();
        this.count = 0;
        this.worker.onmessage = ({data}) => {
            const {resolve, reject} = this.asked.get(data.id);
            this.asked.delete(data.id);
            const found = JSON.parse(data.text);
            if (found.error) reject(new Error(found.error));
            else resolve(found);
        };
        this.worker.onerror = event => tell_failure(new Error(`the engine stopped: ${event.message}`));
        this.worker.postMessage({module});
    }

    ask(request) {
        const id = ++this.count;
        return new Promise((resolve, reject) => {
            this.asked.set(id, {resolve, reject});
            this.worker.postMessage({id, text: JSON.stringify(request)});
        });
    }

    // The newest question of a kind alone: those that came while one was computed are dropped.
    latest(kind, request, take, fail = tell_failure) {
        const slot = this.running.get(kind);
        if (slot) {
            slot.next = [request, take, fail];
            return;
        }
        const fresh = {next: null}, wanted = act => found => { if (this.running.get(kind) === fresh) act(found); };
        this.running.set(kind, fresh);
        this.ask(request).then(wanted(take), wanted(fail)).finally(wanted(() => {
            this.running.delete(kind);
            if (fresh.next) this.latest(kind, ...fresh.next);
        }));
    }

    // Answers to what was asked until now are of no use.
    forget() { this.running.clear(); }

    get busy() { return this.running.size > 0; }
}

let new_engine = null;

async function open_engines() {
    const module = await WebAssembly.compile(await unpacked('engine-wasm'));
    const code = [text_of('engine-code'), text_of('worker-code')];
    const source = URL.createObjectURL(new Blob(code, {type: 'text/javascript'}));
    new_engine = () => new Engine(module, source);
    return {point: new_engine(), curves: new_engine(), loop: new_engine()};
}
