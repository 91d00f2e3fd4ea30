// The panel of samples: by seed, and by component where the model has them.
import { byId, colourOf, element, latest } from "./page.js";

const COUNT = 12;
const MOST_CHIPS = 24;

export class SamplesPanel extends EventTarget {
  constructor(model, atlas, pictures, names) {
    super();
    Object.assign(this, { model, atlas, pictures, names });
    this.component = null;
    this.refresh = latest(() => this.#draw());
    this.canvases = Array.from({ length: COUNT }, (_, index) => this.#makeSample(index));
    const seed = byId("seed");
    seed.addEventListener("input", () => seed.validity.valid && seed.value !== "" && this.refresh());
    byId("new-seed").addEventListener("click", () => {
      seed.value = crypto.getRandomValues(new Uint16Array(1))[0];
      this.refresh();
    });
    this.byComponent = model.has("sample_component", "seed", "index", "component");
    this.atAll = model.has("sample", "seed", "index");
    if (this.byComponent) {
      this.#makeChips();
    }
    byId("samples").hidden = false;
  }

  static possible(model) {
    const inputs = ["seed", "index", "component"];
    return model.has("sample", ...inputs) || model.has("sample_component", ...inputs);
  }

  async start() {
    await this.refresh();
  }

  #makeSample(index) {
    const canvas = element("canvas", { className: "picture" });
    canvas.setAttribute("aria-hidden", "true");
    const button = element("button", { type: "button", className: "thumb" }, canvas);
    button.setAttribute("aria-label", `Sample ${index}`);
    button.addEventListener("click", () =>
      this.dispatchEvent(new CustomEvent("choose", { detail: this.samples[index] })),
    );
    byId("sample-grid").append(button);
    return canvas;
  }

  #makeChips() {
    const host = byId("sample-components");
    host.hidden = false;
    const count = this.atlas.components.count;
    const shown = Math.min(count, MOST_CHIPS);
    const choices = [...(this.atAll ? [null] : []), ...Array.from({ length: shown }, (_, k) => k)];
    choices.forEach((component, i) => {
      const input = element("input", { type: "radio", name: "component", checked: i === 0 });
      input.addEventListener("change", () => {
        this.component = component;
        this.refresh();
      });
      const text = component === null ? "Any" : this.names(component).replace(/^Component /, "");
      input.setAttribute("aria-label", component === null ? "Any" : this.names(component));
      const dot = element("span", { className: "dot" });
      dot.style.background = component === null ? "transparent" : colourOf(component);
      dot.hidden = component === null;
      host.append(element("label", { className: "chip" }, input, dot, text));
    });
    this.component = choices[0];
  }

  async #draw() {
    const seed = Number(byId("seed").value) | 0;
    const component = this.component;
    const endpoint = component === null ? "sample" : "sample_component";
    const shape = this.model.shape(endpoint, "mean");
    this.samples = [];
    for (let index = 0; index < COUNT; index += 1) {
      const given = component === null ? { seed, index } : { seed, index, component };
      const { mean } = await this.model.run(endpoint, given);
      this.pictures.draw(this.canvases[index], mean, shape);
      this.samples.push(mean);
    }
  }
}
