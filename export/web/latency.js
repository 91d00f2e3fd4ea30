// How long each call took: beside the panel that made it, and in a table of all.
import { byId, element, milliseconds } from "./page.js";

const PLACES = [...document.querySelectorAll("[data-endpoints]")];

export function showLatencies(model) {
  const rows = new Map();
  for (const endpoint of model.endpoints) {
    const cells = Array.from({ length: 4 }, () => element("td", { textContent: "–" }));
    const name = element("th", { scope: "row" }, element("code", { textContent: endpoint }));
    byId("latencies").append(element("tr", {}, name, ...cells));
    rows.set(endpoint, cells);
  }
  model.addEventListener("call", ({ detail }) => {
    const { count, first, recent } = model.latencies.get(detail.endpoint);
    const sorted = [...recent].sort((a, b) => a - b);
    const times = [first, detail.milliseconds, sorted[sorted.length >> 1]];
    const [counted, ...timed] = rows.get(detail.endpoint);
    counted.textContent = count;
    timed.forEach((cell, i) => {
      cell.textContent = times[i] === undefined ? "–" : milliseconds(times[i]);
    });
    PLACES.forEach((place) => showBeside(place, model));
  });
}

function showBeside(place, model) {
  const known = place.dataset.endpoints.split(" ").filter((name) => model.latencies.has(name));
  place.textContent = known
    .map((name) => `${name} ${milliseconds(model.latencies.get(name).last)}`)
    .join(" · ");
}
