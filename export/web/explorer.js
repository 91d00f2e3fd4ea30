// The page: loads what it is about, and makes the panels that the model has endpoints for.
import { BetweenPanel } from "./between.js";
import { GivenPanel } from "./given.js";
import { ImagePanel } from "./image.js";
import { LatentPanel } from "./latent.js";
import { showLatencies } from "./latency.js";
import { openModel } from "./model.js";
import { byId, reportProblem } from "./page.js";
import { Pictures } from "./picture.js";
import { SamplesPanel } from "./samples.js";

async function json(name) {
  const response = await fetch(name);
  if (!response.ok) {
    throw new Error(`${name} could not be loaded: the server answered ${response.status}.`);
  }
  return response.json();
}

function showFacts(description, atlas) {
  const { shape, image } = atlas.event;
  const latents = atlas.latent.shape.reduce((product, side) => product * side, 1);
  const facts = [
    image ? `${shape[1]} × ${shape[0]} ${shape[2] === 3 ? "colour" : "greyscale"} images` : `${shape.join(" × ")} numbers`,
    `${latents} latent ${latents === 1 ? "dimension" : "dimensions"}`,
  ];
  if (atlas.components.count) {
    facts.push(`${atlas.components.count} components`);
  }
  if (typeof description.licence === "string") {
    facts.push(`licence ${description.licence}`);
  }
  byId("name").textContent = description.name ?? "Explorer";
  document.title = `${description.name ?? "Model"} · explorer`;
  byId("facts").textContent = facts.join(" · ");
}

/** Makes the panels, in the order of the page. */
function makePanels(model, atlas, description) {
  const pictures = new Pictures(atlas.event);
  // The components of a model that predicts labels are its classes.
  const classes = model.endpoints.includes("predict_labels") ? description.class_names : null;
  const said = description.component_names ?? classes;
  const names = (component) => said?.[component] ?? `Component ${component}`;
  const panels = {};
  panels.given = new GivenPanel(atlas, model.constants);
  if (model.has("decode", "z")) {
    panels.latent = new LatentPanel(model, atlas, pictures, names);
  }
  if (["reconstruct", "cluster", "anomaly_score"].some((endpoint) => model.has(endpoint, "x"))) {
    panels.image = new ImagePanel(model, atlas, pictures, names);
  }
  if (SamplesPanel.possible(model)) {
    panels.samples = new SamplesPanel(model, atlas, pictures, names);
  }
  if (panels.image && BetweenPanel.possible(model)) {
    panels.between = new BetweenPanel(model, atlas, pictures, panels.image);
  }
  return panels;
}

function connect({ given, latent, image, samples, between }) {
  given.addEventListener("change", () => {
    [latent, image, samples, between].forEach((panel) => panel?.refresh());
  });
  image?.addEventListener("example", ({ detail }) => given.take(detail));
  image?.addEventListener("explore", async () => {
    latent.goTo(await image.latentOf(image.values));
    byId("latent").scrollIntoView({ block: "start" });
    byId("pad").focus({ preventScroll: true });
  });
  samples?.addEventListener("choose", ({ detail }) => {
    if (image && detail && detail.length === image.values.length) {
      image.set(detail);
      byId("image").scrollIntoView({ block: "start" });
    }
  });
}

async function main() {
  const [description, atlas] = await Promise.all([json("model.json"), json("atlas.json")]);
  showFacts(description, atlas);
  const constants = { ...atlas.noise, ...structuredClone(atlas.side) };
  const model = await openModel(constants, (text) => {
    byId("stage").textContent = text;
  });
  byId("stage").textContent = "Running it for the first time…";
  showLatencies(model);
  const panels = makePanels(model, atlas, description);
  connect(panels);
  for (const panel of [panels.latent, panels.image, panels.samples, panels.between]) {
    await panel?.start();
  }
  byId("loading").hidden = true;
  byId("panels").hidden = false;
  // For the console: every recent call, with its inputs and outputs, is in model.history.
  window.explorer = { model, atlas, description, panels };
  document.documentElement.dataset.ready = "yes";
}

if (!document.documentElement.dataset.problem) {
  main().catch(reportProblem);
}
