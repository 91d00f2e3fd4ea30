// A pad: two coordinates at once, by pointer, touch or arrow keys, over a cloud of the data.
import { REACH } from "./space.js";
import { colourOf } from "./page.js";

const STEP = 0.1;
const LEAP = 0.5;
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

export class Pad extends EventTarget {
  /** @param points coordinates of latents of the data, and the component of each or null. */
  constructor(host, points) {
    super();
    this.host = host;
    this.canvas = host.querySelector("canvas");
    this.points = points;
    this.axes = [0, 1];
    this.position = [0, 0];
    host.addEventListener("pointerdown", (event) => this.#press(event));
    host.addEventListener("pointermove", (event) => this.#drag(event));
    host.addEventListener("keydown", (event) => this.#key(event));
    new ResizeObserver(() => this.draw()).observe(host);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  /** Shows a position on two axes. */
  show(axes, position) {
    this.axes = axes;
    this.position = position;
    this.draw();
  }

  draw() {
    const side = Math.round(this.host.clientWidth * devicePixelRatio);
    if (!side) {
      return;
    }
    Object.assign(this.canvas, { width: side, height: side });
    const context = this.canvas.getContext("2d");
    const style = getComputedStyle(this.host);
    const place = ([across, up]) => [
      (0.5 + across / (2 * REACH)) * side,
      (0.5 - up / (2 * REACH)) * side,
    ];
    this.#grid(context, side, place, style.getPropertyValue("--line"));
    this.#cloud(context, place, style.getPropertyValue("--soft"));
    this.#mark(context, place(this.position), style);
  }

  #grid(context, side, place, colour) {
    context.strokeStyle = colour;
    context.lineWidth = devicePixelRatio;
    context.beginPath();
    for (let tick = 1 - REACH; tick < REACH; tick += 1) {
      const [x, y] = place([tick, tick]).map((value) => Math.round(value) + 0.5);
      context.moveTo(x, 0);
      context.lineTo(x, side);
      context.moveTo(0, y);
      context.lineTo(side, y);
    }
    context.stroke();
  }

  #cloud(context, place, plain) {
    const radius = 2 * devicePixelRatio;
    context.globalAlpha = 0.75;
    this.points.coordinates.forEach((point, i) => {
      const [x, y] = place(this.axes.map((axis) => point[axis]));
      context.fillStyle = this.points.components ? colourOf(this.points.components[i]) : plain;
      context.beginPath();
      context.arc(x, y, radius, 0, 2 * Math.PI);
      context.fill();
    });
    context.globalAlpha = 1;
  }

  #mark(context, [x, y], style) {
    const unit = devicePixelRatio;
    context.beginPath();
    context.arc(x, y, 9 * unit, 0, 2 * Math.PI);
    context.fillStyle = style.getPropertyValue("--panel");
    context.fill();
    context.beginPath();
    context.arc(x, y, 6 * unit, 0, 2 * Math.PI);
    context.fillStyle = style.getPropertyValue("--accent");
    context.fill();
  }

  #press(event) {
    this.host.setPointerCapture(event.pointerId);
    this.#follow(event);
  }

  #drag(event) {
    if (this.host.hasPointerCapture(event.pointerId)) {
      this.#follow(event);
    }
  }

  #follow(event) {
    const box = this.canvas.getBoundingClientRect();
    const across = ((event.clientX - box.left) / box.width - 0.5) * 2 * REACH;
    const up = (0.5 - (event.clientY - box.top) / box.height) * 2 * REACH;
    this.#move([across, up]);
  }

  #key(event) {
    const direction = KEYS[event.key];
    if (!direction && event.key !== "Home") {
      return;
    }
    event.preventDefault();
    const step = event.shiftKey ? LEAP : STEP;
    this.#move(direction ? this.position.map((value, i) => value + step * direction[i]) : [0, 0]);
  }

  #move(position) {
    this.position = position.map((value) => Math.max(-REACH, Math.min(REACH, value)));
    this.draw();
    this.dispatchEvent(new Event("move"));
  }
}
