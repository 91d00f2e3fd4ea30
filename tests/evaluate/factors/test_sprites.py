"""The sprites: their order, their pixels beside polygons, and what moves, grows and turns."""

import math
from typing import Any

import numpy as np
import pytest
from matplotlib.path import Path
from scipy import stats

from tfvae.evaluate import Sprites
from tfvae.evaluate.factors import shapes

SQUARE, ELLIPSE, HEART = 0, 1, 2
MIDDLE = 15
AREAS = {
    SQUARE: shapes.SQUARE_SIDE**2,
    ELLIPSE: math.pi * math.prod(shapes.ELLIPSE_SEMI_AXES),
    HEART: shapes.HEART_SIDE**2 * (1.0 + math.pi / 4.0),
}


def arc(right: float, up: float, start: float, stop: float) -> np.ndarray:
    """Points of a circle of radius 1/2 around a point, between two angles in degrees."""
    angle = np.radians(np.linspace(start, stop, 200))
    return np.stack([right + 0.5 * np.cos(angle), up + 0.5 * np.sin(angle)], axis=1)


def polygon(shape: int) -> np.ndarray:
    """Corners of a shape around its centroid, right and up, in image widths."""
    if shape == SQUARE:
        return shapes.SQUARE_SIDE * np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]])
    if shape == ELLIPSE:
        angle = np.linspace(0.0, 2.0 * math.pi, 400, endpoint=False)
        return np.stack([np.cos(angle), np.sin(angle)], axis=1) * shapes.ELLIPSE_SEMI_AXES
    # From the tip, over the right lobe and the left, of a body whose side is 1.
    eighth = math.sqrt(0.5) / 2.0
    lobes = [arc(eighth, eighth, -45, 135), arc(-eighth, eighth, 45, 225)]
    points = np.concatenate([[[0.0, -math.sqrt(0.5)]], *lobes])
    return shapes.HEART_SIDE * (points - centroid(points))


def centroid(points: np.ndarray) -> np.ndarray:
    """The centroid of a polygon, by the shoelace formula."""
    following = np.roll(points, -1, axis=0)
    cross = points[:, 0] * following[:, 1] - following[:, 0] * points[:, 1]
    return ((points + following) * cross[:, None]).sum(axis=0) / (3.0 * cross.sum())


def draw(shape: int, orientation: float, scale: float = 1.0, size: int = 64) -> np.ndarray:
    """One shape with its centre in the middle of a pixel that has as many on each side."""
    one = np.ones(1)
    return shapes.draw_shapes(
        one.astype(int) * shape, one * scale, one * orientation, one * 0.5, one * 0.5, size
    )[0]


def middles(images: np.ndarray) -> np.ndarray:
    """Where the white pixels are in the mean, x and y, in pixels."""
    pixels = images[..., 0].astype("float64")
    places = np.arange(images.shape[1]) + 0.5
    area = pixels.sum(axis=(1, 2))
    return np.stack([pixels.sum(axis=axis) @ places / area for axis in (1, 2)], axis=1)


def test_the_factors_are_those_of_the_original() -> None:
    sprites = Sprites()
    assert sprites.names == ("shape", "scale", "orientation", "x", "y")
    assert sprites.num_values == (3, 6, 40, 32, 32)
    assert len(sprites) == 3 * 6 * 40 * 32 * 32 == 737_280
    assert sprites.categorical == (0,)
    np.testing.assert_allclose(sprites.values["scale"], [0.5, 0.6, 0.7, 0.8, 0.9, 1.0])
    angles = sprites.values["orientation"]
    assert (len(angles), angles[0], angles[-1]) == (40, 0.0, 2.0 * math.pi)
    # 32 pixels of 64 in the middle.
    np.testing.assert_allclose(64 * sprites.values["x"], 16.5 + np.arange(32))


def test_every_image_has_one_place_and_every_place_one_image() -> None:
    sprites = Sprites()
    places = np.arange(len(sprites))
    factors = sprites.factors(places)
    assert factors.dtype == np.int64
    assert (factors.min(axis=0) == 0).all()
    np.testing.assert_array_equal(factors.max(axis=0) + 1, sprites.num_values)
    np.testing.assert_array_equal(sprites.index(factors), places)
    # The last factor varies fastest, as in the original.
    np.testing.assert_array_equal(factors @ [245_760, 40_960, 1024, 32, 1], places)


def test_factors_that_rest_are_no_columns() -> None:
    sprites, whole = Sprites(24, fixed={"shape": 2, "x": 7}), Sprites(24)
    assert (sprites.names, sprites.categorical) == (("scale", "orientation", "y"), ())
    assert len(sprites) == 6 * 40 * 32
    factors = sprites.draw(50, seed=1)
    full = np.insert(factors, [0, 2], [2, 7], axis=1)
    np.testing.assert_array_equal(sprites.images(factors), whole.images(full))


def test_draws_are_uniform_and_independent() -> None:
    sprites = Sprites()
    factors = sprites.draw(20_000, seed=4)
    for column, count in zip(factors.T, sprites.num_values, strict=True):
        assert stats.chisquare(np.bincount(column, minlength=count)).pvalue > 1e-3
    for a in range(5):
        for b in range(a):
            table = np.histogram2d(factors[:, a], factors[:, b], (3, 3))[0]
            assert stats.chi2_contingency(table).pvalue > 1e-3


def test_draws_follow_the_seed() -> None:
    sprites = Sprites()
    factors = sprites.draw(100, seed=4)
    np.testing.assert_array_equal(sprites.draw(100, seed=4), factors)
    np.testing.assert_array_equal(sprites.draw(30, seed=4), factors[:30])
    assert (sprites.draw(100, seed=5) != factors).any()
    held = sprites.draw(100, seed=4, fixed={"shape": 1, "y": 31})
    assert (held[:, [0, 4]] == [1, 31]).all()
    np.testing.assert_array_equal(held[:, 1:4], factors[:, 1:4])


def test_an_image_depends_on_its_factors_alone() -> None:
    sprites = Sprites()
    factors = sprites.draw(300, seed=0)
    images = sprites.images(factors)
    assert (images.shape, images.dtype) == ((300, 64, 64, 1), np.float32)
    assert set(np.unique(images)) == {0.0, 1.0}
    order = np.random.default_rng(0).permutation(300)
    np.testing.assert_array_equal(sprites.images(factors[order]), images[order])
    np.testing.assert_array_equal(sprites.images(factors[7:8]), images[7:8])
    # A block's end must not be seen.
    np.testing.assert_array_equal(Sprites().images(np.tile(factors[:1], [99, 1])), images[[0] * 99])


@pytest.mark.parametrize("shape", [SQUARE, ELLIPSE, HEART])
@pytest.mark.parametrize("number", [0, 3, 17, 38])
def test_pixels_are_those_of_a_polygon(shape: int, number: int) -> None:
    sprites = Sprites()
    factors = np.array([[shape, scale, number, 3 * scale, 31 - 4 * scale] for scale in range(6)])
    angle = sprites.values["orientation"][number]
    clockwise = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    corners = polygon(shape) * [1.0, -1.0] @ clockwise
    across, down = np.meshgrid(*[(np.arange(64) + 0.5) / 64] * 2)
    pixels = np.stack([across.ravel(), down.ravel()], axis=1)
    for row, image in zip(factors, sprites.images(factors), strict=True):
        centre = [sprites.values["x"][row[3]], sprites.values["y"][row[4]]]
        path = Path(corners * sprites.values["scale"][row[1]] + centre, closed=False)
        expected = path.contains_points(pixels).reshape(64, 64)
        # Arcs of the polygon are chords, which may cut a pixel off.
        assert np.abs(expected - image[..., 0]).sum() <= 1


@pytest.mark.parametrize("shape", [SQUARE, ELLIPSE, HEART])
def test_the_area_grows_as_the_square_of_the_scale(shape: int) -> None:
    sprites = Sprites(size=128, fixed={"shape": shape, "x": MIDDLE, "y": MIDDLE})
    scales, angles = np.divmod(np.arange(240), 40)
    areas = sprites.images(np.stack([scales, angles], axis=1)).mean(axis=(1, 2, 3))
    mean = areas.reshape(6, 40).mean(axis=1)
    np.testing.assert_allclose(mean, AREAS[shape] * sprites.values["scale"] ** 2, rtol=0.01)


def test_sprites_are_whole_in_every_corner() -> None:
    sprites = Sprites(fixed={"scale": 5})
    for shape in (SQUARE, ELLIPSE, HEART):
        for x in (0, 31):
            for y in (0, 31):
                images = sprites.images([[shape, angle, x, y] for angle in range(40)])
                edges = [images[:, 0], images[:, -1], images[:, :, 0], images[:, :, -1]]
                assert not np.any(edges)


@pytest.mark.parametrize("shape", [SQUARE, ELLIPSE, HEART])
def test_a_step_of_a_position_is_a_pixel_of_64(shape: int) -> None:
    sprites = Sprites()
    first = sprites.images([[shape, 4, 7, 0, 0]])
    steps = np.arange(32)
    across = sprites.images(np.array([[shape, 4, 7, step, 0] for step in steps]))
    down = sprites.images(np.array([[shape, 4, 7, 0, step] for step in steps]))
    for step in steps:
        np.testing.assert_array_equal(across[step], np.roll(first[0], step, axis=1))
        np.testing.assert_array_equal(down[step], np.roll(first[0], step, axis=0))


@pytest.mark.parametrize("size", [28, 32, 64, 100])
def test_positions_move_the_centroid_along_a_line(size: int) -> None:
    sprites = Sprites(size)
    factors = sprites.draw(300, seed=2)
    expected = np.stack([sprites.values["x"][factors[:, 3]], sprites.values["y"][factors[:, 4]]], 1)
    off = middles(sprites.images(factors)) - size * expected
    # Whole rows of an upright square come and go at once: half a pixel at worst, and no drift.
    assert np.abs(off).max() <= 0.5
    for line in zip(expected.T, off.T, strict=True):
        fit = stats.linregress(*line)
        assert abs(fit.slope) < 4 * fit.stderr
        assert abs(line[1].mean()) < 4 * stats.sem(line[1])


def test_squares_and_ellipses_look_the_same_after_part_of_a_turn() -> None:
    for angle in (0.0, 0.3, 1.1):
        for size in (63, 64):
            square, ellipse = draw(SQUARE, angle, size=size), draw(ELLIPSE, angle, size=size)
            np.testing.assert_array_equal(square, draw(SQUARE, angle + math.pi / 2, size=size))
            np.testing.assert_array_equal(square, np.rot90(square))
            np.testing.assert_array_equal(ellipse, draw(ELLIPSE, angle + math.pi, size=size))
            np.testing.assert_array_equal(ellipse, np.rot90(ellipse, 2))
            assert (ellipse != np.rot90(ellipse)).any()


def test_hearts_turn_clockwise_and_are_like_no_other_orientation() -> None:
    upright = draw(HEART, 0.0, size=63)
    np.testing.assert_array_equal(upright, upright[:, ::-1])
    # The tip is one pixel wide and below.
    rows = np.flatnonzero(upright.any(axis=1))
    assert upright[rows[-1]].sum() <= 2 < upright[rows[0]].sum()
    for quarters in range(4):
        image = draw(HEART, quarters * math.pi / 2, size=63)
        np.testing.assert_array_equal(image, np.rot90(upright, -quarters))
    hearts = Sprites().images([[HEART, 0, angle, MIDDLE, MIDDLE] for angle in range(39)])
    assert len(np.unique(hearts.reshape(39, -1), axis=0)) == 39


def test_the_last_orientation_is_the_first() -> None:
    sprites = Sprites(size=48)
    factors = sprites.draw(100, seed=6)
    images = [sprites.images(factors * [1, 1, 0, 1, 1] + [0, 0, angle, 0, 0]) for angle in (0, 39)]
    np.testing.assert_array_equal(*images)


@pytest.mark.parametrize("size", [1, 2, 5, 16, 65])
def test_any_size_will_do(size: int) -> None:
    sprites = Sprites(size)
    factors = sprites.draw(200, seed=0)
    images = sprites.images(factors)
    assert images.shape == (200, size, size, 1)
    fine = Sprites(8 * size).images(factors)[..., 0].reshape(200, size, 8, size, 8)
    share = fine.mean(axis=(2, 4))[..., None]
    # A pixel that a shape covers, or leaves free, is all white or all black.
    clear = (share < 0.02) | (share > 0.98)
    assert np.mean(images[clear] == np.round(share[clear])) > 0.999


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"size": 0}, "`size` must be a whole number"),
        ({"size": 6.5}, "`size` must be a whole number"),
        ({"fixed": {"colour": 0}}, "'colour', but the factors are 'shape', 'scale'"),
        ({"fixed": {"shape": 3}}, r"`fixed\['shape'\]` must be a whole number from 0 to 2"),
        ({"fixed": {"scale": -1}}, "from 0 to 5, but is -1"),
        ({"fixed": {"x": 0.5}}, "from 0 to 31, but is 0.5"),
        ({"fixed": dict.fromkeys(["shape", "scale", "orientation", "x", "y"], 0)}, "no factor"),
    ],
)
def test_what_makes_no_sprites_is_refused(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Sprites(**arguments)


def test_what_is_no_factor_is_refused() -> None:
    sprites = Sprites(16, fixed={"shape": 0})
    for factors in ([[0, 0, 0]], [0, 0, 0, 0], [[0.0, 0.0, 0.0, 0.0]]):
        with pytest.raises(ValueError, match=r"whole numbers \[N, 4\] \(scale from 0 to 5;"):
            sprites.images(factors)
    for factors in ([[0, 0, 0, 32]], [[0, -1, 0, 0]]):
        for function in (sprites.images, sprites.index):
            with pytest.raises(ValueError, match="out of range"):
                function(factors)
    for index in ([len(sprites)], [-1], [0.5], 3):
        with pytest.raises(ValueError, match="from 0 to 245,759"):
            sprites.factors(index)
    with pytest.raises(ValueError, match="'shape', but the factors are 'scale'"):
        sprites.draw(5, fixed={"shape": 0})
    with pytest.raises(ValueError, match="`n` must be a whole number"):
        sprites.draw(0)


def test_no_rows_make_no_images() -> None:
    sprites = Sprites(16)
    assert sprites.images(sprites.draw(5)[:0]).shape == (0, 16, 16, 1)
