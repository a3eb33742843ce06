// In a worker, behind the engine's loader: questions come as text and go back answered.
let engine = null;
const waiting = [];

function reply({id, text}) {
    const started = performance.now();
    let told;
    try {
        told = answer_of(engine, text);
    } catch (failure) {  // of the machine, as the library's own come as answers
        told = JSON.stringify({error: `the engine stopped: ${failure}`});
    }
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
