"""Groups and pairs share what they should, and nothing else."""

import numpy as np
import pytest
from scipy import stats

from tfvae.evaluate.factors.sharing import Sharing

FACTOR = np.array([5, 1, 1, 5, 2, 1, 5, 5, 1, 5])


def test_groups_share_a_value_and_hold_nothing_twice() -> None:
    sharing, random = Sharing(FACTOR, 0, 3), np.random.RandomState(0)
    groups = [sharing.group(3, random) for _ in range(4000)]
    assert all(len(set(group)) == 3 and len(set(FACTOR[group])) == 1 for group in groups)
    # Values come as often as in the table, without the one that is too rare.
    fives = sum(FACTOR[group[0]] == 5 for group in groups)
    assert stats.binomtest(fives, 4000, 5 / 9).pvalue > 1e-3
    # Within a value, every row is as likely as any other.
    drawn = np.bincount(np.concatenate([group for group in groups if FACTOR[group[0]] == 5]))
    members = drawn[FACTOR[: len(drawn)] == 5]
    # Three of five without replacement vary less than a chi-squared test expects: a fine bound.
    np.testing.assert_allclose(members, members.mean(), rtol=0.08)


def test_pairs_share_a_value_and_are_of_two_examples() -> None:
    sharing, random = Sharing(FACTOR, 0, 2), np.random.RandomState(0)
    first, second = sharing.pairs((200, 50), random)
    assert first.shape == second.shape == (200, 50)
    np.testing.assert_array_equal(FACTOR[first], FACTOR[second])
    assert (first != second).all()
    assert 4 not in first
    # All pairs of ones, 12 in order, come alike.
    ones = FACTOR[first] == 1
    counts = np.unique(10 * first[ones] + second[ones], return_counts=True)[1]
    assert len(counts) == 12
    assert stats.chisquare(counts).pvalue > 1e-3


def test_other_factors_fall_as_they_do_elsewhere() -> None:
    generator = np.random.default_rng(0)
    shared, other = generator.integers(4, size=4000), generator.normal(size=4000)
    sharing, random = Sharing(shared, 0, 64), np.random.RandomState(1)
    means = [other[sharing.group(64, random)].mean() for _ in range(300)]
    variances = [other[sharing.group(64, random)].var(ddof=1) for _ in range(300)]
    # Groups overlap, so that the mean over groups varies as that of all 4,000 does.
    assert abs(np.mean(means)) < 4.0 / np.sqrt(4000)
    assert abs(np.mean(variances) - 1.0) < 4.0 * np.sqrt(2.0 / 4000)
    assert np.std(means) == pytest.approx(1.0 / 8.0, rel=0.15)


def test_a_value_that_too_few_share_is_refused() -> None:
    with pytest.raises(
        ValueError, match="6 examples must share a value of factor 3, but of the 10"
    ):
        Sharing(FACTOR, 3, 6)
