// An event as a picture: an image if it is one, else its numbers as bars.
import { element } from "./page.js";

const BAR_PIXELS = 160;
// Seen on light and on dark.
const BAR_COLOUR = "hsl(224 75% 62%)";

export class Pictures {
  /** @param event shape, range and kind of the data, from atlas.json. */
  constructor(event) {
    this.event = event;
  }

  isImage(shape) {
    return shape.length === 2 || (shape.length === 3 && [1, 3].includes(shape[2]));
  }

  draw(canvas, values, shape = this.event.shape) {
    canvas.classList.toggle("of-bars", !this.isImage(shape));
    if (this.isImage(shape)) {
      this.#image(canvas, values, shape);
    } else {
      this.#bars(canvas, values);
    }
  }

  /** A button that shows a picture. */
  button(values, label, shape = this.event.shape) {
    const canvas = element("canvas", { className: "picture" });
    canvas.setAttribute("aria-hidden", "true");
    const made = element("button", { type: "button", className: "thumb" }, canvas);
    made.setAttribute("aria-label", label);
    made.title = label;
    this.draw(canvas, values, shape);
    return made;
  }

  #image(canvas, values, [height, width, channels = 1]) {
    const { low, high } = this.event;
    resize(canvas, width, height);
    // A point of the element is then a pixel of the image, wherever it is drawn on.
    canvas.style.aspectRatio = `${width} / ${height}`;
    const context = canvas.getContext("2d");
    const pixels = context.createImageData(width, height);
    for (let i = 0; i < width * height; i += 1) {
      for (let channel = 0; channel < 3; channel += 1) {
        const value = values[i * channels + (channels === 3 ? channel : 0)];
        pixels.data[4 * i + channel] = (255 * (value - low)) / (high - low);
      }
      pixels.data[4 * i + 3] = 255;
    }
    context.putImageData(pixels, 0, 0);
  }

  #bars(canvas, values) {
    const low = Math.min(0, this.event.low);
    const high = Math.max(0, this.event.high);
    const step = Math.max(2, Math.floor((2 * BAR_PIXELS) / values.length));
    resize(canvas, step * values.length, BAR_PIXELS);
    const context = canvas.getContext("2d");
    const y = (value) => ((high - Math.min(high, Math.max(low, value))) / (high - low)) * BAR_PIXELS;
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.fillStyle = BAR_COLOUR;
    values.forEach((value, i) => {
      const top = Math.min(y(value), y(0));
      const gap = step > 3 ? 1 : 0;
      context.fillRect(i * step, top, step - gap, Math.max(1, Math.abs(y(value) - y(0))));
    });
  }
}

function resize(canvas, width, height) {
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
}
