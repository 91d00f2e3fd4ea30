// The panel between two examples: the latents of a straight line, decoded.
import { byId, latest } from "./page.js";

export class BetweenPanel {
  constructor(model, atlas, pictures, image) {
    Object.assign(this, { model, atlas, pictures, image });
    const count = atlas.examples.x.length;
    this.ends = {
      from: { number: 0, x: atlas.examples.x[0] },
      to: { number: 1 % count, x: atlas.examples.x[1 % count] },
    };
    this.refresh = latest(() => this.#decode());
    for (const [name, end] of Object.entries(this.ends)) {
      byId(`${name}-next`).addEventListener("click", () => {
        end.number = (end.number + 1) % count;
        this.#take(name, atlas.examples.x[end.number]);
      });
      byId(`${name}-mine`).addEventListener("click", () => this.#take(name, [...image.values]));
    }
    byId("weight").addEventListener("input", () => this.refresh());
    byId("between").hidden = false;
  }

  static possible(model, atlas) {
    return Boolean(atlas.latent.point) && model.has("encode", "x") && model.has("decode", "z");
  }

  async start() {
    for (const [name, { x }] of Object.entries(this.ends)) {
      this.pictures.draw(byId(name), x);
    }
    await this.refresh();
  }

  #take(name, x) {
    Object.assign(this.ends[name], { x, z: null });
    this.pictures.draw(byId(name), x);
    this.refresh();
  }

  /** Forgets the latents, which depend on what is given beside the examples. */
  forget() {
    Object.values(this.ends).forEach((end) => {
      end.z = null;
    });
  }

  async #decode() {
    const weight = Number(byId("weight").value);
    for (const end of Object.values(this.ends)) {
      end.z ??= await this.image.latentOf(end.x);
    }
    const { from, to } = this.ends;
    const z = from.z.map((value, i) => (1 - weight) * value + weight * to.z[i]);
    const { mean } = await this.model.run("decode", { z });
    this.pictures.draw(byId("middle"), mean, this.model.shape("decode", "mean"));
    byId("share").textContent = `${Math.round(100 * weight)} % of the way`;
    byId("weight").setAttribute("aria-valuetext", byId("share").textContent);
  }
}
