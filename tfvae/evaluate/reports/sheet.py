"""The pictures of a report, one below the other."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from tfvae import plots
from tfvae.canvas import new_figure, stack, theme_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS, MOST_COMPONENTS, MOST_POINTS = 10, 10, 2000


def sheet(
    vae: Any, x: np.ndarray, labels: Any, scores: Mapping[str, Mapping[str, Any]], seed: int
) -> "Figure":
    """Returns reconstructions, samples, latent space, component usage and rate beside distortion.

    Args:
        vae: the model.
        x: examples, `[N, *event_shape]`.
        labels: their classes, or None.
        scores: of the report, by part.
        seed: seed of the samples.
    """
    figures = [*_images(vae, x, seed)]
    if len(x) > 1 and vae.latents.code_shape is None:
        part = slice(MOST_POINTS)
        known = None if labels is None else np.asarray(labels)[part]
        figures.append(plots.latent_projection(vae, x[part], known))
    if "components" in scores:
        figures.append(_usage(scores["components"]["shares"]))
    figures.append(_rate_and_distortion(scores["evidence"]))
    return stack(figures)


def _images(vae: Any, x: np.ndarray, seed: int) -> list["Figure"]:
    """Returns reconstructions and samples, if the examples are images."""
    if len(vae.event_shape) != 3 or vae.event_shape[-1] not in (1, 3):
        return []
    first = x[:COLUMNS]
    figures = [plots.image_rows({"data": first, "reconstructed": vae.reconstruct(first)})]
    if vae.generative_inputs():
        return figures
    if vae.num_sample_components is None or vae.sampler is not None:
        return [*figures, plots.image_grid(vae.sample(3 * COLUMNS, seed=seed), COLUMNS)]
    return [*figures, plots.component_samples(vae, COLUMNS, seed, most=MOST_COMPONENTS)]


def _usage(shares: list[float]) -> "Figure":
    """Draws how much of the data each component holds, the heaviest first."""
    theme = theme_of(False)
    figure, (axes,) = new_figure(1.9, theme)
    heights = 100.0 * np.sort(shares)[::-1]
    axes.bar(np.arange(1, len(heights) + 1), heights, width=0.8, color=theme.curves[0])
    axes.axhline(100.0 / len(heights), color=theme.faint, lw=1.0, ls=(0, (3, 2)))
    axes.set(xlabel="component, the heaviest first", ylabel="% of the data")
    return figure


def _rate_and_distortion(found: Mapping[str, Any]) -> "Figure":
    """Draws the model as a point, and the line of all that have its ELBO."""
    theme = theme_of(False)
    figure, (axes,) = new_figure(2.6, theme)
    rate, distortion = found["rate"], found["distortion"]
    total = rate + distortion
    ends = np.array([0.0, max(2.0 * rate, 1e-3)])
    axes.plot(ends, total - ends, color=theme.faint, lw=1.0, ls=(0, (3, 2)))
    axes.plot([rate], [distortion], "o", color=theme.curves[0], ms=6)
    axes.annotate(
        f"ELBO {-total:.2f}",
        (rate, distortion),
        xytext=(8, 6),
        textcoords="offset points",
        color=theme.ink,
        fontsize=9,
    )
    axes.set(xlabel="rate, nats", ylabel="distortion, nats")
    return figure
