// The panel of the latent space: a pad, sliders and the components' middles; the decoder follows.
import { byId, colourOf, element, latest } from "./page.js";
import { Pad } from "./pad.js";
import { REACH, Space } from "./space.js";

export class LatentPanel {
  constructor(model, atlas, pictures, names) {
    Object.assign(this, { model, atlas, pictures, names });
    this.space = new Space(atlas.latent);
    this.coordinates = this.space.scales.map(() => 0);
    this.rest = null;
    this.refresh = latest(() => this.#decode());
    this.#makeSliders();
    this.#makePad();
    byId("centre").addEventListener("click", () => this.goTo(this.space.centre));
    byId("latent").hidden = false;
  }

  async start() {
    this.#show();
    await this.refresh();
    await this.#makeComponents();
  }

  /** Moves to a latent, what lies off the axes included. */
  goTo(z) {
    Object.assign(this, this.space.split(z));
    this.#moved();
  }

  #makeSliders() {
    this.sliders = this.coordinates.map((_, k) => {
      const input = element("input", { type: "range", min: -REACH, max: REACH, step: 0.05 });
      const value = element("output", { className: "value" });
      input.id = `axis-${k + 1}`;
      input.addEventListener("input", () => {
        this.coordinates[k] = Number(input.value);
        this.#moved();
      });
      const label = element("label", { htmlFor: input.id, textContent: `Axis ${k + 1}` });
      byId("sliders").append(element("div", { className: "slider" }, label, input, value));
      return { input, value };
    });
  }

  #makePad() {
    const selects = [byId("across"), byId("up")];
    if (this.space.size < 2) {
      byId("pad").hidden = true;
      byId("pad-options").hidden = true;
      return;
    }
    this.pad = new Pad(byId("pad"), this.atlas.points);
    const kind = this.atlas.points.components ? ", coloured by cluster" : "";
    byId("cloud-help").textContent = `Dots are latents of examples${kind}.`;
    selects.forEach((select, which) => {
      this.coordinates.forEach((_, k) => select.append(new Option(`Axis ${k + 1}`, k)));
      select.value = which;
      select.addEventListener("change", () => {
        // The same axis twice is no plane: the two change places.
        const [mine, other] = [Number(select.value), selects[1 - which]];
        if (mine === Number(other.value)) {
          other.value = this.pad.axes[which];
        }
        this.pad.axes = selects.map((each) => Number(each.value));
        this.#show();
      });
    });
    this.pad.addEventListener("move", () => {
      this.pad.axes.forEach((axis, i) => {
        this.coordinates[axis] = this.pad.position[i];
      });
      this.#moved();
    });
  }

  async #makeComponents() {
    const latents = this.atlas.components.latents;
    if (!latents) {
      return;
    }
    byId("components").hidden = false;
    for (const [component, z] of latents.entries()) {
      const { mean } = await this.model.run("decode", { z });
      const button = this.pictures.button(mean, this.names(component), this.shape);
      button.style.setProperty("--mark", colourOf(component));
      button.append(element("span", { className: "tag", textContent: component }));
      button.addEventListener("click", () => this.goTo(z));
      byId("component-buttons").append(button);
    }
  }

  #moved() {
    this.#show();
    this.refresh();
  }

  #show() {
    this.sliders.forEach(({ input, value }, k) => {
      input.value = this.coordinates[k];
      value.textContent = signed(this.coordinates[k]);
      input.setAttribute("aria-valuetext", `${signed(this.coordinates[k])} standard deviations`);
    });
    if (this.pad) {
      const { axes } = this.pad;
      const position = axes.map((axis) => this.coordinates[axis]);
      this.pad.show(axes, position);
      const words = axes.map((axis, i) => `axis ${axis + 1} at ${signed(position[i])}`);
      byId("pad").setAttribute("aria-label", `Latent pad, ${words.join(", ")}`);
    }
  }

  get shape() {
    return this.model.shape("decode", "mean");
  }

  async #decode() {
    const z = this.space.join(this.coordinates, this.rest);
    const { mean } = await this.model.run("decode", { z });
    this.pictures.draw(byId("decoded"), mean, this.shape);
  }
}

function signed(value) {
  const shown = Math.abs(value) < 0.005 ? 0 : value;
  return `${shown < 0 ? "−" : "+"}${Math.abs(shown).toFixed(2)}`;
}
