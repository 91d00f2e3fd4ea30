// The panel of one example: given, reconstructed, its clusters and how strange it is.
import { Drawing } from "./drawing.js";
import { byId, colourOf, element, latest } from "./page.js";

const MOST_BARS = 12;

export class ImagePanel extends EventTarget {
  constructor(model, atlas, pictures, names) {
    super();
    Object.assign(this, { model, atlas, pictures, names });
    this.refresh = latest(() => this.#look());
    if (atlas.event.image) {
      this.#makeDrawing();
    } else {
      this.#makeNumbers();
    }
    byId("reconstruction-side").hidden = !model.has("reconstruct", "x");
    byId("clusters").hidden = !model.has("cluster", "x");
    byId("score").hidden = !(model.has("anomaly_score", "x") && atlas.scores);
    this.canExplore = Boolean(atlas.latent.point) && model.has("encode", "x");
    byId("explore").hidden = !(this.canExplore && model.has("decode", "z"));
    byId("explore").addEventListener("click", () => this.dispatchEvent(new Event("explore")));
    this.#makeExamples();
    byId("image").hidden = false;
  }

  async start() {
    this.take(0);
    await this.refresh();
  }

  /** The latent that stands for an example. */
  async latentOf(x) {
    const found = await this.model.run("encode", { x });
    return [...found[this.atlas.latent.point]];
  }

  /** Takes an example, with what comes beside it. */
  take(number) {
    this.dispatchEvent(new CustomEvent("example", { detail: number }));
    this.set(this.atlas.examples.x[number]);
  }

  set(values) {
    this.values = Float32Array.from(values);
    if (this.drawing) {
      this.drawing.set(values);
      return;
    }
    byId("numbers-field").value = [...values].map((value) => Number(value.toFixed(4))).join(", ");
    this.pictures.draw(byId("drawing"), this.values);
    this.refresh();
  }

  #makeDrawing() {
    this.drawing = new Drawing(byId("drawing"), this.pictures);
    this.drawing.addEventListener("change", () => {
      this.values = this.drawing.values;
      this.refresh();
    });
    const brushes = [byId("pen"), byId("eraser")];
    brushes.forEach((button) =>
      button.addEventListener("click", () => {
        this.drawing.erases = button.id === "eraser";
        brushes.forEach((each) => each.setAttribute("aria-pressed", each === button));
      }),
    );
    byId("clear").addEventListener("click", () => this.drawing.clear());
    byId("invert").addEventListener("click", () => this.drawing.invert());
    const upload = byId("upload");
    const take = ([file]) => file && this.drawing.upload(file).catch(reportUpload);
    upload.addEventListener("change", () => {
      take(upload.files);
      upload.value = "";
    });
    byId("image").addEventListener("dragover", (event) => event.preventDefault());
    byId("image").addEventListener("drop", (event) => {
      event.preventDefault();
      take(event.dataTransfer.files);
    });
  }

  #makeNumbers() {
    byId("image-title").textContent = "Your example";
    byId("image-lead").textContent = "Choose one or write its values, and see what the model makes of it.";
    byId("between-title").textContent = "Between two examples";
    byId("samples-help").textContent = "Choose a sample to take it as your example.";
    byId("pen").parentElement.hidden = true;
    for (const id of ["drawing-help", "clear", "invert", "upload", "upload-label"]) {
      byId(id).hidden = true;
    }
    byId("drawing").tabIndex = -1;
    byId("drawing").classList.remove("drawing");
    byId("numbers").hidden = false;
    byId("numbers-apply").addEventListener("click", () => {
      const values = byId("numbers-field").value.split(/[\s,;]+/).filter(Boolean).map(Number);
      const wanted = this.atlas.examples.x[0].length;
      const good = values.length === wanted && values.every(Number.isFinite);
      byId("numbers-field").setCustomValidity(good ? "" : `${wanted} numbers are needed.`);
      if (byId("numbers-field").reportValidity()) {
        this.set(values);
      }
    });
    byId("numbers-field").addEventListener("input", (event) => event.target.setCustomValidity(""));
  }

  #makeExamples() {
    this.atlas.examples.x.forEach((values, number) => {
      const button = this.pictures.button(values, `Example ${number + 1}`);
      button.addEventListener("click", () => this.take(number));
      byId("examples").append(button);
    });
  }

  async #look() {
    const x = this.values;
    if (!byId("reconstruction-side").hidden) {
      const { mean } = await this.model.run("reconstruct", { x });
      const shape = this.model.shape("reconstruct", "mean");
      this.pictures.draw(byId("reconstruction"), mean, shape);
    }
    if (!byId("clusters").hidden) {
      const { responsibilities } = await this.model.run("cluster", { x });
      this.#showClusters(responsibilities);
    }
    if (!byId("score").hidden) {
      const { score } = await this.model.run("anomaly_score", { x });
      this.#showScore(score[0]);
    }
    this.dispatchEvent(new Event("change"));
  }

  #showClusters(shares) {
    const all = [...shares].map((share, component) => ({ share, component }));
    const shown =
      all.length > MOST_BARS
        ? all.sort((a, b) => b.share - a.share).slice(0, MOST_BARS)
        : all;
    const largest = Math.max(...shares);
    const rows = shown.map(({ share, component }) => {
      const fill = element("i");
      fill.style.width = `${100 * share}%`;
      fill.style.background = colourOf(component);
      const percent = (100 * share).toFixed(share > 0.9995 || share < 0.0005 ? 0 : 1);
      const row = element(
        "li",
        { className: share === largest ? "bar largest" : "bar" },
        element("span", { className: "bar-name", textContent: this.names(component), title: this.names(component) }),
        element("span", { className: "track" }, fill),
        element("span", { className: "value", textContent: `${percent} %` }),
      );
      return row;
    });
    byId("bars").replaceChildren(...rows);
  }

  #showScore(score) {
    const { percentiles } = this.atlas.scores;
    const low = Math.min(percentiles[0], score);
    const high = Math.max(percentiles[100], score);
    const place = (value) => `${(100 * (value - low)) / (high - low || 1)}%`;
    const scale = byId("score-scale");
    scale.querySelector(".usual").style.left = place(percentiles[5]);
    scale.querySelector(".usual").style.right = `calc(100% - ${place(percentiles[95])})`;
    scale.querySelector(".middle").style.left = place(percentiles[50]);
    scale.querySelector(".mark").style.left = place(score);
    byId("score-value").textContent = Number.isFinite(score) ? score.toFixed(1) : "∞";
    const below = percentiles.filter((value) => value < score).length;
    byId("score-words").textContent =
      below > 100
        ? "Stranger than every example. The band holds 90 % of them."
        : `Stranger than ${Math.min(below, 100)} % of the examples. The band holds 90 % of them.`;
  }
}

function reportUpload(error) {
  // A wrong file is no fault of the page, which goes on.
  byId("drawing-help").textContent = error.message;
  console.warn(error);
}
