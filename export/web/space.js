// Coordinates of latents along the principal axes of the data, in standard deviations.
export const REACH = 3;

export class Space {
  constructor({ centre, axes, scales }) {
    this.centre = centre;
    this.axes = axes;
    this.scales = scales;
  }

  get size() {
    return this.axes.length;
  }

  /** What no axis here reaches stays as it is in `rest`, so that the latent of an image is kept. */
  split(z) {
    const offset = this.centre.map((value, i) => z[i] - value);
    const coordinates = this.axes.map(
      (axis, k) => axis.reduce((sum, value, i) => sum + value * offset[i], 0) / this.scales[k],
    );
    const reached = this.join(coordinates);
    return { coordinates, rest: reached.map((value, i) => z[i] - value) };
  }

  join(coordinates, rest = null) {
    return this.centre.map((value, i) => {
      const along = (sum, u, k) => sum + u * this.scales[k] * this.axes[k][i];
      return coordinates.reduce(along, value + (rest ? rest[i] : 0));
    });
  }
}
