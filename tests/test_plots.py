"""Pictures show what they say: pixels in their places, numbers, colours, and no global state."""

import io
import sys
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse

import tfvae
from tfvae import canvas, plots
from tfvae.projection import project


def pixels_of(figure: Figure) -> np.ndarray:
    return np.asarray(figure.axes[0].images[0].get_array())


def texts_of(figure: Figure) -> list[str]:
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def linear_model(prior: Any = None) -> tfvae.VAE:
    """A model of 2x2 images whose posterior mean is the first three pixels."""
    vae = tfvae.VAE(
        tfvae.encoders.MLP(()),
        tfvae.decoders.MLP((4,)),
        posterior=tfvae.families.DiagonalNormal(3),
        prior=prior or tfvae.priors.MixtureOfGaussians(2, covariance="full", spread=2.0, seed=3),
        likelihood=tfvae.families.Normal((2, 2, 1)),
    )
    head = vae.latents.posterior.family.projections["loc"].dense
    head.kernel.assign(np.eye(4, 3))
    return vae


@pytest.fixture(scope="module")
def x() -> np.ndarray:
    scales = np.array([3.0, 1.0, 0.1, 1.0])
    return np.random.default_rng(0).normal(size=[60, 4]).reshape(60, 2, 2, 1) * scales.reshape(
        2, 2, 1
    )


def test_a_sheet_holds_each_image_in_its_place() -> None:
    images = np.arange(6.0)[:, None, None, None] / 10 * np.ones([6, 48, 48, 1])
    pixels = pixels_of(plots.image_grid(images, columns=4))
    step = 48 + round(0.08 * 48)
    for number in range(6):
        row, column = divmod(number, 4)
        patch = pixels[row * step + 4 : row * step + 44, column * step + 4 : column * step + 44]
        np.testing.assert_allclose(patch[..., :3], number / 10)
        np.testing.assert_array_equal(patch[..., 3], 1.0)
    # The two places that are left over, and the gaps, are transparent.
    assert not pixels[step + 4 :, 2 * step + 4 :, 3].any()
    assert not pixels[50:54, :, 3].any()


def test_small_images_are_enlarged_by_whole_pixels() -> None:
    image = np.random.default_rng(0).uniform(size=[1, 8, 8])
    pixels = pixels_of(plots.image_grid(image))
    gap = pixels.shape[0] - 48
    inside = pixels[gap // 2 : gap // 2 + 48, gap // 2 : gap // 2 + 48, 0]
    np.testing.assert_allclose(inside, np.kron(image[0], np.ones([6, 6])))


def test_colours_stay_and_values_are_clipped() -> None:
    image = np.zeros([1, 48, 48, 3])
    image[..., 0], image[..., 2] = 7.0, -7.0
    np.testing.assert_allclose(pixels_of(plots.image_grid(image))[24, 24], [1.0, 0.0, 0.0, 1.0])


@pytest.mark.parametrize("shape", [(4,), (4, 8), (4, 8, 8, 2), (0, 8, 8, 1), (4, 8, 8, 1, 1)])
def test_what_is_no_image_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="Images are drawn from an array"):
        plots.image_grid(np.zeros(shape))


def test_rows_need_images_of_one_size() -> None:
    with pytest.raises(ValueError, match="of one size"):
        plots.image_rows({"a": np.zeros([2, 8, 8]), "b": np.zeros([2, 9, 8])})
    with pytest.raises(ValueError, match="no rows"):
        plots.image_rows({})


def test_samples_are_in_the_order_of_the_weights() -> None:
    vae = linear_model(tfvae.priors.MixtureOfGaussians(3, seed=1))
    vae.prior.logits.assign(np.log([0.2, 0.5, 0.3]))
    figure = plots.component_samples(vae, columns=4, seed=5)
    names = ["component 1\nweight 50.0 %", "component 2\nweight 30.0 %"]
    assert texts_of(figure) == [*names, "component 0\nweight 20.0 %"]
    drawn = np.clip(vae.sample(4, component=1, seed=5), 0.0, 1.0)
    pixels = pixels_of(figure)
    zoom, gap = 24, 4
    for column, image in enumerate(drawn):
        left = column * (2 * zoom + gap) + gap // 2
        corner = pixels[gap // 2 : gap // 2 + 2 * zoom, left : left + 2 * zoom, 0]
        np.testing.assert_allclose(corner[::zoom, ::zoom], image[..., 0], atol=1e-6)


def test_samples_need_components() -> None:
    with pytest.raises(ValueError, match="StandardNormal, which has no components"):
        plots.component_samples(linear_model(tfvae.priors.StandardNormal()))


def test_projection_is_that_of_scikit_learn(x: np.ndarray) -> None:
    from sklearn.decomposition import PCA

    vae = linear_model()
    found = project(vae, x)
    means = x.reshape(60, 4)[:, :3]
    fit = PCA(2).fit(means)
    np.testing.assert_allclose(np.abs(found.means), np.abs(fit.transform(means)), atol=1e-4)
    np.testing.assert_allclose(found.shares, fit.explained_variance_ratio_, atol=1e-5)
    loc = fit.transform(np.asarray(vae.prior.loc))
    np.testing.assert_allclose(np.abs(found.loc), np.abs(loc), atol=1e-4)
    covariance = (
        fit.components_ @ np.asarray(vae.prior.components().covariance()) @ (fit.components_.T)
    )
    np.testing.assert_allclose(np.abs(found.covariance), np.abs(covariance), atol=1e-4)


def test_components_are_ellipses_of_two_standard_deviations(x: np.ndarray) -> None:
    vae = linear_model(tfvae.priors.MixtureOfGaussians(2, spread=1.0, seed=3))
    vae.prior.log_scale.assign(np.log([[3.0, 3.0, 3.0], [0.5, 0.5, 0.5]]))
    figure = plots.latent_projection(vae, x)
    ellipses = [patch for patch in figure.axes[0].patches if isinstance(patch, Ellipse)]
    sizes = [(ellipse.width, ellipse.height) for ellipse in ellipses]
    np.testing.assert_allclose(sizes, [(12.0, 12.0), (2.0, 2.0)], rtol=1e-4)
    assert texts_of(figure) == ["0", "1"]


@pytest.mark.parametrize("excess", [0, 1])
def test_components_that_would_hide_the_points_are_left_out(x: np.ndarray, excess: int) -> None:
    count = plots.MOST_DRAWN + excess
    figure = plots.latent_projection(linear_model(tfvae.priors.MixtureOfGaussians(count)), x)
    assert len(texts_of(figure)) == (0 if excess else count)
    assert sum(len(group.get_offsets()) for group in figure.axes[0].collections) == len(x)


def test_labels_have_names_and_colours_of_their_own(x: np.ndarray) -> None:
    labels = np.arange(60) % 3
    figure = plots.latent_projection(linear_model(), x, labels, ["ant", "bee", "cat"])
    groups = figure.axes[0].collections
    assert [group.get_label() for group in groups] == ["ant", "bee", "cat"]
    assert [len(group.get_offsets()) for group in groups] == [20, 20, 20]
    assert len({tuple(group.get_facecolor()[0]) for group in groups}) == 3
    for wrong in (labels[:5], labels / 2, labels - 1):
        with pytest.raises(ValueError, match="`labels` must be whole numbers from 0"):
            plots.latent_projection(linear_model(), x, wrong)


def test_one_latent_dimension_is_drawn_on_a_line(x: np.ndarray) -> None:
    vae = tfvae.VAE(
        tfvae.encoders.MLP(()),
        tfvae.decoders.MLP(()),
        posterior=tfvae.families.DiagonalNormal(1),
        likelihood=tfvae.families.Normal((2, 2, 1)),
    )
    found = project(vae, x)
    np.testing.assert_allclose(found.shares, [1.0, 0.0])
    assert not found.means[:, 1].any()
    assert plots.latent_projection(vae, x).axes


def test_curves_are_those_of_the_history() -> None:
    history = {"elbo": [-9.0, -8.0], "val_elbo": [-9.5, -8.5], "rate": [1, 2], "distortion": [8, 6]}
    figure = plots.training_curves(history, marks={1: "adapted"})
    top, bottom = figure.axes
    drawn = {line.get_label(): list(line.get_ydata()) for line in top.lines + bottom.lines}
    assert drawn["ELBO, training"] == [-9.0, -8.0]
    assert drawn["ELBO, validation"] == [-9.5, -8.5]
    assert drawn["rate, training"] == [1, 2]
    assert drawn["distortion, training"] == [8, 6]
    assert "rate, validation" not in drawn
    assert texts_of(figure) == ["adapted"]


def test_light_and_dark_differ_and_pyplot_knows_of_neither() -> None:
    pages = []
    for dark in (False, True):
        page = io.BytesIO()
        plots.image_rows({"row": np.ones([2, 8, 8])}, dark=dark).savefig(page, format="png")
        pages.append(page.getvalue())
    assert pages[0][:8] == b"\x89PNG\r\n\x1a\n"
    assert pages[0] != pages[1]
    pyplot = sys.modules.get("matplotlib.pyplot")
    assert pyplot is None or pyplot.get_fignums() == []


def test_only_the_heaviest_components_are_drawn_if_there_is_a_limit() -> None:
    vae = linear_model(tfvae.priors.MixtureOfGaussians(3))
    vae.prior.logits.assign([0.0, 2.0, 1.0])
    words = texts_of(plots.component_samples(vae, columns=2, most=2))
    assert [text.split()[1] for text in words] == ["1", "2"]


def test_stacked_figures_keep_their_pixels() -> None:
    first, second = plots.image_grid(np.zeros([3, 4, 4])), plots.image_grid(np.ones([12, 4, 4]))
    whole = canvas.stack([first, second])
    sizes = [figure.get_size_inches() for figure in (first, second)]
    width, height = whole.get_size_inches()
    assert width == pytest.approx(max(size[0] for size in sizes), abs=0.01)
    assert height == pytest.approx(sum(size[1] for size in sizes), abs=0.01)
    assert len(whole.axes) == 2
