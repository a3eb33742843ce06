// In a worker, behind the engine's loader: questions come as text and go back answered.
let engine = null;
const waiting = [];

function reply({id, text}) {
    const started = performance.now();
    const told = answer_of(engine, text);
    postMessage({id, text: told, ms: performance.now() - started});
}

onmessage = ({data}) => {
    if (data.module) {
        make_engine({
            instantiateWasm(imports, done) {
                WebAssembly.instantiate(data.module, imports).then(made => done(made, data.module));
                return {};
            }
        }).then(opened => {
            engine = opened;
            for (const one of waiting.splice(0)) reply(one);
        });
    } else if (engine) {
        reply(data);
    } else {
        waiting.push(data);
    }
};
