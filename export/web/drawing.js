// Drawing on the values of an example themselves, with pointer, touch or keys; and images uploaded.
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
// Of an image of 28 pixels, the radius of a pen as MNIST's were.
const RADIUS = 1.2 / 28;

export class Drawing extends EventTarget {
  constructor(canvas, pictures) {
    super();
    this.canvas = canvas;
    this.pictures = pictures;
    const { shape, low, high, background } = pictures.event;
    [this.height, this.width, this.channels = 1] = shape;
    this.background = background;
    this.ink = high - background >= background - low ? high : low;
    this.erases = false;
    this.cursor = [this.width >> 1, this.height >> 1];
    this.values = new Float32Array(this.height * this.width * this.channels).fill(background);
    canvas.addEventListener("pointerdown", (event) => this.#press(event));
    canvas.addEventListener("pointermove", (event) => this.#drag(event));
    canvas.addEventListener("keydown", (event) => this.#key(event));
    canvas.addEventListener("focus", () => this.show());
    canvas.addEventListener("blur", () => this.show());
  }

  set(values) {
    this.values = Float32Array.from(values);
    this.#changed();
  }

  clear() {
    this.set(new Float32Array(this.values.length).fill(this.background));
  }

  invert() {
    const { low, high } = this.pictures.event;
    this.set(this.values.map((value) => low + high - value));
  }

  /** Takes an image of any size: its middle, made as small as an example. */
  async upload(file) {
    const picture = await createImageBitmap(file).catch(() => {
      throw new Error(`${file.name} is no image that this browser can read.`);
    });
    const canvas = new OffscreenCanvas(this.width, this.height);
    const context = canvas.getContext("2d", { willReadFrequently: true });
    const scale = Math.max(this.width / picture.width, this.height / picture.height);
    const [width, height] = [picture.width * scale, picture.height * scale];
    context.fillStyle = "white";
    context.fillRect(0, 0, this.width, this.height);
    context.imageSmoothingQuality = "high";
    context.drawImage(picture, (this.width - width) / 2, (this.height - height) / 2, width, height);
    const pixels = context.getImageData(0, 0, this.width, this.height).data;
    this.set(this.#fromPixels(pixels));
  }

  show() {
    this.pictures.draw(this.canvas, this.values);
    if (this.canvas.matches(":focus-visible")) {
      const context = this.canvas.getContext("2d");
      context.fillStyle = "hsl(221 90% 60% / 0.7)";
      context.fillRect(...this.cursor, 1, 1);
    }
  }

  #fromPixels(pixels) {
    const { low, high } = this.pictures.event;
    const shares = new Float32Array(this.values.length);
    for (let i = 0; i < this.width * this.height; i += 1) {
      const rgb = [0, 1, 2].map((channel) => pixels[4 * i + channel] / 255);
      const grey = 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2];
      for (let channel = 0; channel < this.channels; channel += 1) {
        shares[i * this.channels + channel] = this.channels === 3 ? rgb[channel] : grey;
      }
    }
    // Dark on light, where the data are light on dark, or the other way round.
    const usual = (this.background - low) / (high - low);
    const border = this.#border(shares);
    const inverted = this.channels === 1 && Math.abs(1 - border - usual) < Math.abs(border - usual);
    return shares.map((share) => low + (inverted ? 1 - share : share) * (high - low));
  }

  #border(shares) {
    const values = [];
    for (let y = 0; y < this.height; y += 1) {
      for (let x = 0; x < this.width; x += 1) {
        if (x === 0 || y === 0 || x === this.width - 1 || y === this.height - 1) {
          values.push(shares[(y * this.width + x) * this.channels]);
        }
      }
    }
    return values.sort((a, b) => a - b)[values.length >> 1];
  }

  #press(event) {
    this.canvas.setPointerCapture(event.pointerId);
    this.last = this.#place(event);
    this.#stroke(this.last, this.last);
  }

  #drag(event) {
    if (!this.canvas.hasPointerCapture(event.pointerId)) {
      return;
    }
    const place = this.#place(event);
    this.#stroke(this.last, place);
    this.last = place;
  }

  #place(event) {
    const box = this.canvas.getBoundingClientRect();
    return [
      ((event.clientX - box.left) / box.width) * this.width,
      ((event.clientY - box.top) / box.height) * this.height,
    ];
  }

  #key(event) {
    const direction = KEYS[event.key];
    if (direction) {
      const limits = [this.width, this.height];
      this.cursor = this.cursor.map((value, i) =>
        Math.max(0, Math.min(limits[i] - 1, value + direction[i])),
      );
      this.show();
    } else if (event.key === " ") {
      const middle = this.cursor.map((value) => value + 0.5);
      this.#stroke(middle, middle);
    } else {
      return;
    }
    event.preventDefault();
  }

  #stroke(from, to) {
    const radius = RADIUS * Math.max(this.width, this.height);
    const span = this.ink - this.background;
    for (let y = 0; y < this.height; y += 1) {
      for (let x = 0; x < this.width; x += 1) {
        const cover = Math.min(1, radius + 0.5 - distance([x + 0.5, y + 0.5], from, to));
        if (cover > 0) {
          const start = (y * this.width + x) * this.channels;
          for (let i = start; i < start + this.channels; i += 1) {
            const share = (this.values[i] - this.background) / span;
            const next = this.erases ? share * (1 - cover) : Math.max(share, cover);
            this.values[i] = this.background + span * next;
          }
        }
      }
    }
    this.#changed();
  }

  #changed() {
    this.show();
    this.dispatchEvent(new Event("change"));
  }
}

/** How far a point lies from a line between two others. */
function distance([x, y], [ax, ay], [bx, by]) {
  const [dx, dy] = [bx - ax, by - ay];
  const length = dx * dx + dy * dy;
  const t = length ? Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / length)) : 0;
  return Math.hypot(x - ax - t * dx, y - ay - t * dy);
}
