"""Pictures of a model: samples by component, reconstructions, the latent space, training.

Each function returns a `matplotlib.figure.Figure` of its own, beside pyplot's global state, so that
it works without a display and in threads: `figure.savefig("samples.png")`.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tfvae.canvas import Theme, as_images, new_figure, palette, sheet, theme_of
from tfvae.projection import Projection, project
from tfvae.series_plots import series_grid, series_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "component_samples",
    "image_grid",
    "image_rows",
    "latent_projection",
    "series_grid",
    "series_rows",
    "training_curves",
]

# Components that a picture of the latent space still shows one by one.
MOST_DRAWN = 30


def image_grid(images: Any, columns: int = 10, dark: bool = False) -> "Figure":
    """Draws images in rows, from left to right.

    Args:
        images: values from 0 to 1 (others are clipped), `[N, height, width]` or `[N, height,
            width, 1 or 3]`.
        columns: images in a row.
        dark: whether the figure is for a dark page.

    Raises:
        ValueError: if these are not images.

    Example:
        >>> import numpy as np
        >>> image_grid(np.zeros([7, 8, 8, 1]), columns=4).axes[0].get_title()
        ''
    """
    images = as_images(images)
    columns = min(columns, len(images))
    cut = [images[start : start + columns] for start in range(0, len(images), columns)]
    return sheet(cut, [""] * len(cut), dark)


def image_rows(rows: Mapping[str, Any], dark: bool = False) -> "Figure":
    """Draws rows of images with a name each, such as originals above their reconstructions.

    Args:
        rows: images by the name of their row, as for `image_grid`; a name may have two lines.
        dark: whether the figure is for a dark page.

    Raises:
        ValueError: if there are no rows, these are not images, or of different sizes.

    Example:
        >>> import numpy as np
        >>> figure = image_rows({"data": np.zeros([5, 8, 8]), "VAE": np.ones([5, 8, 8])})
        >>> [text.get_text() for text in figure.axes[0].texts]
        ['data', 'VAE']
    """
    if not rows:
        raise ValueError("There are no rows to draw: give at least one name with its images.")
    return sheet([as_images(images) for images in rows.values()], list(rows), dark)


def component_samples(
    vae: Any, columns: int = 10, seed: int = 0, dark: bool = False, most: int | None = None
) -> "Figure":
    r"""Draws samples of each component of a mixture prior, one row each, the heaviest first.

    Args:
        vae: a `tfvae.VAE` of images whose prior has components.
        columns: samples of each.
        seed: seed of the samples; a column has the same noise in every row.
        dark: whether the figure is for a dark page.
        most: rows at most; None for all components.

    Raises:
        ValueError: if the prior has no components.

    Example:
        >>> import tfvae
        >>> vae = tfvae.VAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     posterior=tfvae.families.DiagonalNormal(2),
        ...     prior=tfvae.priors.MixtureOfGaussians(3),
        ...     likelihood=tfvae.families.Bernoulli((4, 4, 1)),
        ... )
        >>> component_samples(vae, columns=5).axes[0].texts[2].get_text()
        'component 2\nweight 33.3 %'
    """
    if vae.prior.num_components is None:
        raise ValueError(
            f"The prior is {type(vae.prior).__name__}, which has no components: draw "
            "`image_grid(vae.sample(100))` instead."
        )
    weights = np.exp(vae.prior.log_weights())
    order = np.argsort(-weights, kind="stable")[:most]
    rows = [vae.sample(columns, seed=seed, component=int(k)) for k in order]
    names = [f"component {k}\nweight {100 * weights[k]:.1f} %" for k in order]
    return sheet([as_images(row) for row in rows], names, dark)


def latent_projection(
    vae: Any,
    x: Any,
    labels: Any = None,
    class_names: Sequence[str] | None = None,
    dark: bool = False,
) -> "Figure":
    """Draws the means of q(z given x) on their first two principal components.

    Points have the colours of their labels, or, without labels, of the components that they
    belong to; of a mixture prior, each component is drawn as its number and the ellipse that is
    two standard deviations around its location, unless there are so many that they would hide the
    points.

    Args:
        vae: a `tfvae.VAE`.
        x: examples, `[N, *event_shape]`, at least two.
        labels: classes, integers `[N]`, or None.
        class_names: what the classes are called; their numbers if left out.
        dark: whether the figure is for a dark page.

    Raises:
        ValueError: if the labels are not whole numbers, one for each example.

    Example:
        >>> import numpy as np, tfvae
        >>> vae = tfvae.VAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     posterior=tfvae.families.DiagonalNormal(2),
        ...     likelihood=tfvae.families.Bernoulli((4, 4, 1)),
        ... )
        >>> x = np.random.default_rng(0).uniform(size=[20, 4, 4, 1])
        >>> latent_projection(vae, x).axes[0].get_xlabel()[:27]
        'first principal component ('
    """
    theme, points = theme_of(dark), project(vae, x)
    groups = _groups(vae, x, labels, len(points.means))
    components = len(points.loc) if labels is None else 0
    colours = palette(max(int(groups.max()) + 1, components))
    figure, (axes,) = new_figure(4.9, theme)
    for group in np.unique(groups):
        name = str(group) if class_names is None else class_names[group]
        place = points.means[groups == group]
        axes.scatter(*place.T, s=11, color=colours[group], alpha=0.8, lw=0, label=name)
    if len(points.loc) <= MOST_DRAWN:
        _draw_components(axes, points, theme, None if labels is not None else colours)
    if labels is not None:
        _draw_legend(axes, theme)
    for name, rank, share in zip("xy", ("first", "second"), points.shares, strict=True):
        label = f"{rank} principal component ({100 * share:.0f} % of the variance)"
        axes.set(**{f"{name}label": label})
    axes.set_aspect("equal", "datalim")
    return figure


def training_curves(
    history: Any, marks: Mapping[int, str] | None = None, dark: bool = False
) -> "Figure":
    """Draws the bound, and the rate and distortion of which it is made, over the epochs.

    Args:
        history: what `fit` returned, or its `history`, a dict of lists with `elbo`, `rate` and
            `distortion`, and, if there are any, their `val_` twins.
        marks: what happened after some epochs, by their number from 1.
        dark: whether the figure is for a dark page.

    Example:
        >>> terms = {"elbo": [-9.0, -8.0], "rate": [1.0, 2.0], "distortion": [8.0, 6.0]}
        >>> [axes.get_ylabel() for axes in training_curves(terms).axes]
        ['nats an example', 'nats an example']
    """
    values, theme = getattr(history, "history", history), theme_of(dark)
    figure, axes = new_figure(5.4, theme, rows=2)
    elbo, rate, distortion = theme.curves
    _draw_terms(axes[0], values, {"elbo": ("ELBO", elbo)}, theme)
    terms = {"rate": ("rate", rate), "distortion": ("distortion", distortion)}
    _draw_terms(axes[1], values, terms, theme)
    for epoch, what in (marks or {}).items():
        for panel in axes:
            panel.axvline(epoch, color=theme.faint, lw=1.0, ls=":")
        text = {"ha": "center", "color": theme.ink, "fontsize": 9}
        axes[0].text(epoch, 1.02, what, transform=axes[0].get_xaxis_transform(), **text)
    axes[1].set(xlabel="epoch")
    axes[1].xaxis.get_major_locator().set_params(integer=True)
    return figure


def _draw_terms(
    axes: "Axes",
    values: Mapping[str, Sequence[float]],
    terms: Mapping[str, tuple[str, str]],
    theme: Theme,
) -> None:
    """Draws terms, each with its name and colour: solid in training, dashed in validation."""
    for key, (name, colour) in terms.items():
        twins = {key: ("training", "-"), f"val_{key}": ("validation", (0, (3, 1.5)))}
        for twin, (where, dashes) in twins.items():
            if twin in values:
                epochs = np.arange(1, len(values[twin]) + 1)
                line = {"color": colour, "lw": 1.6, "ls": dashes}
                axes.plot(epochs, values[twin], **line, label=f"{name}, {where}")
    axes.set(ylabel="nats an example")
    axes.grid(axis="y", color=theme.faint, alpha=0.25, lw=0.6)
    axes.legend(frameon=False, labelcolor=theme.ink, fontsize=9)


def _groups(vae: Any, x: Any, labels: Any, count: int) -> np.ndarray:
    """Returns the group of each example: its label, its component, or 0 for all."""
    if labels is None:
        return np.zeros(count, int) if vae.prior.num_components is None else vae.cluster(x)
    groups = np.asarray(labels)
    if groups.shape != (count,) or groups.dtype.kind not in "iu" or groups.min() < 0:
        raise ValueError(
            f"`labels` must be whole numbers from 0, one for each of the {count} examples, but "
            f"have shape {groups.shape} and dtype {groups.dtype}."
        )
    return groups


def _draw_components(
    axes: "Axes", points: Projection, theme: Theme, colours: Sequence[Any] | None
) -> None:
    """Draws each component as its number and an ellipse of two standard deviations."""
    from matplotlib.patches import Ellipse

    for number, (loc, covariance) in enumerate(zip(points.loc, points.covariance, strict=True)):
        variances, directions = np.linalg.eigh(covariance)
        width, height = 4.0 * np.sqrt(np.maximum(variances, 0.0))
        angle = np.degrees(np.arctan2(directions[1, 0], directions[0, 0]))
        colour = theme.faint if colours is None else colours[number]
        outline = Ellipse(loc, width, height, angle=angle, fill=False, ec=colour, lw=1.2)
        axes.add_patch(outline)
        box = {"boxstyle": "circle,pad=0.25", "fc": theme.paper, "ec": colour, "lw": 1.2}
        text = {"ha": "center", "va": "center", "fontsize": 9, "color": theme.ink}
        axes.annotate(str(number), loc, bbox=box, **text)


def _draw_legend(axes: "Axes", theme: Theme) -> None:
    legend = axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, fontsize=9)
    legend.set_title("label")
    legend.get_title().set(color=theme.ink, fontsize=9)
    for handle, text in zip(legend.legend_handles, legend.get_texts(), strict=True):
        handle.set(sizes=[30], alpha=1.0)
        text.set_color(theme.ink)
