"""Pictures of series: each curve in its place, all on the same axes."""

import numpy as np
import pytest

from tfvae import plots

SERIES = np.arange(3 * 5 * 2, dtype=float).reshape(3, 5, 2)


def test_each_series_is_in_its_place_with_all_its_channels() -> None:
    figure = plots.series_rows({"above": SERIES, "below": SERIES[:2] - 7.0}, gap_after=1)
    assert len(figure.axes) == 5
    for axes, series in zip(figure.axes, [*SERIES, *(SERIES[:2] - 7.0)], strict=True):
        drawn = np.stack([line.get_ydata() for line in axes.lines], axis=1)
        np.testing.assert_array_equal(drawn, series)
        assert axes.get_ylim() == figure.axes[0].get_ylim()
    assert figure.axes[0].get_ylim()[0] < -7.0 and figure.axes[0].get_ylim()[1] > 29.0
    assert [text.get_text() for axes in figure.axes for text in axes.texts] == ["above", "below"]
    left = [axes.get_position().x0 for axes in figure.axes[:3]]
    assert left[1] - left[0] > left[2] - left[1]


def test_a_grid_has_as_many_columns_as_asked_for() -> None:
    figure = plots.series_grid(np.concatenate([SERIES, SERIES]), columns=4, dark=True)
    tops = [round(axes.get_position().y1, 6) for axes in figure.axes]
    assert [tops.count(top) for top in sorted(set(tops), reverse=True)] == [4, 2]


def test_missing_values_are_left_out() -> None:
    holes = np.where(SERIES % 3 == 0, np.nan, SERIES)
    figure = plots.series_rows({"": holes, " ": np.full_like(SERIES, np.nan)})
    assert np.isfinite(figure.axes[0].get_ylim()).all()
    np.testing.assert_array_equal(figure.axes[0].lines[0].get_ydata(), holes[0, :, 0])


@pytest.mark.parametrize(
    "rows",
    [
        {},
        {"a": np.zeros([3, 5])},
        {"a": SERIES, "b": SERIES[:, :4]},
        {"a": SERIES[:0]},
        {"a": np.zeros([2, 4, 4, 1])},
    ],
)
def test_what_is_no_series_is_explained(rows: dict[str, np.ndarray]) -> None:
    with pytest.raises(ValueError, match="Series are drawn from arrays"):
        plots.series_rows(rows)
