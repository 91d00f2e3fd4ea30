// The panel between two examples: what lies on the way from the latent of one to that of the other.
import { byId, latest } from "./page.js";

export class BetweenPanel {
  constructor(model, atlas, pictures, image) {
    Object.assign(this, { model, pictures });
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
    byId("fraction").addEventListener("input", () => this.refresh());
    byId("between").hidden = false;
  }

  static possible(model) {
    return model.has("interpolate", "a", "b", "fraction");
  }

  async start() {
    for (const [name, { x }] of Object.entries(this.ends)) {
      this.pictures.draw(byId(name), x);
    }
    await this.refresh();
  }

  #take(name, x) {
    this.ends[name].x = x;
    this.pictures.draw(byId(name), x);
    this.refresh();
  }

  async #decode() {
    const fraction = Number(byId("fraction").value);
    const [a, b] = [this.ends.from.x, this.ends.to.x];
    const { mean } = await this.model.run("interpolate", { a, b, fraction });
    this.pictures.draw(byId("middle"), mean, this.model.shape("interpolate", "mean"));
    byId("share").textContent = `${Math.round(100 * fraction)} % of the way`;
    byId("fraction").setAttribute("aria-valuetext", byId("share").textContent);
  }
}
