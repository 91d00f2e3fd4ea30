// The model: one TFLite file, run by LiteRT in WebAssembly. Every call is timed and remembered.
import { Tensor, loadAndCompile, loadLiteRt } from "@litertjs/core";

const RUNTIME = "litert/core/litert_wasm_compat_internal.js";
const REMEMBERED = 64;
const ARRAYS = { float32: Float32Array, int32: Int32Array, uint8: Uint8Array };

export class Model extends EventTarget {
  #compiled;
  #last = Promise.resolve();

  /** @param constants values of inputs that no panel gives: noise, and what comes beside x. */
  constructor(compiled, constants) {
    super();
    this.#compiled = compiled;
    this.constants = constants;
    this.history = [];
    this.latencies = new Map();
  }

  get endpoints() {
    return Object.keys(this.#compiled.signatures);
  }

  /** Whether there is such an endpoint, and all of its inputs can be given. */
  has(endpoint, ...given) {
    const signature = this.#compiled.signatures[endpoint];
    const known = new Set([...given, ...Object.keys(this.constants)]);
    return Boolean(signature) && signature.getInputDetails().every(({ name }) => known.has(name));
  }

  /** The shape of an input or output of one example: without its batch of one. */
  shape(endpoint, name) {
    const signature = this.#compiled.signatures[endpoint];
    const details = [...signature.getInputDetails(), ...signature.getOutputDetails()];
    return [...details.find((one) => one.name === name).shape].slice(1);
  }

  /** Runs an endpoint on inputs by name; what is not given is taken from the constants. */
  run(endpoint, given) {
    // The runtime takes one call at a time.
    const result = this.#last.then(() => this.#run(endpoint, given));
    this.#last = result.catch(() => {});
    return result;
  }

  async #run(endpoint, given) {
    const signature = this.#compiled.signatures[endpoint];
    const inputs = {};
    for (const { name, dtype, shape } of signature.getInputDetails()) {
      inputs[name] = filled(ARRAYS[dtype], shape, given[name] ?? this.constants[name]);
    }
    const start = performance.now();
    const outputs = await called(signature, inputs);
    const milliseconds = performance.now() - start;
    this.#remember({ endpoint, inputs, outputs, milliseconds });
    return outputs;
  }

  #remember(call) {
    this.history = [...this.history.slice(1 - REMEMBERED), call];
    const { endpoint, milliseconds } = call;
    const times = this.latencies.get(endpoint);
    this.latencies.set(endpoint, {
      count: (times?.count ?? 0) + 1,
      first: times?.first ?? milliseconds,
      last: milliseconds,
      recent: times ? [...times.recent.slice(1 - REMEMBERED), milliseconds] : [],
    });
    this.dispatchEvent(new CustomEvent("call", { detail: call }));
  }
}

/** Loads the runtime and the model. */
export async function openModel(constants, onStage) {
  onStage("Loading the runtime, about 10 MB…");
  try {
    await loadLiteRt(new URL(RUNTIME, document.baseURI).href);
  } catch (error) {
    throw new Error(`The runtime (${RUNTIME}) could not be loaded. ${reason(error)}`);
  }
  onStage("Loading the model…");
  const response = await fetch("model.tflite");
  if (!response.ok) {
    throw new Error(`model.tflite could not be loaded: the server answered ${response.status}.`);
  }
  const bytes = new Uint8Array(await response.arrayBuffer());
  try {
    return new Model(await loadAndCompile(bytes, { accelerator: "wasm" }), constants);
  } catch (error) {
    throw new Error(`The runtime cannot read model.tflite. ${reason(error)}`);
  }
}

function reason(error) {
  return error instanceof Error ? error.message : "";
}

/** An array of the input's type; a single number fills it. */
function filled(Type, shape, value) {
  const size = shape.reduce((product, side) => product * side, 1);
  if (typeof value === "number") {
    return new Type(size).fill(value);
  }
  if (!value || value.length !== size) {
    throw new Error(`${size} values were expected, but ${value ? value.length : "none"} came.`);
  }
  return Type.from(value);
}

async function called(signature, inputs) {
  const tensors = {};
  let results = {};
  try {
    for (const { name, shape } of signature.getInputDetails()) {
      tensors[name] = new Tensor(inputs[name], [...shape]);
    }
    results = await signature.run(tensors);
    return Object.fromEntries(
      Object.entries(results).map(([name, tensor]) => [name, tensor.toTypedArray()]),
    );
  } finally {
    // The runtime's memory is not the browser's to collect.
    [...Object.values(tensors), ...Object.values(results)].forEach((tensor) => tensor.delete());
  }
}
