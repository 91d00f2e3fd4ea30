"""The quality of samples in a bundle's report: of the artefact's own, beside the model's."""

import numpy as np
import pytest

from tfvae.export.evidence import NEIGHBOURS, _sample_quality


def examples(count: int, seed: int, shift: float = 0.0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=[count, 3, 1]).astype("float32") + shift


def test_worse_samples_of_an_artefact_are_seen() -> None:
    x, ours = examples(200, 0), examples(200, 1)
    found = _sample_quality(x, ours, examples(200, 2, shift=50.0))
    assert found["sample_density"]["model"] == pytest.approx(1.0, abs=0.3)
    assert found["sample_coverage"]["model"] > 0.8
    assert found["sample_density"]["artefact"] == found["sample_coverage"]["artefact"] == 0.0


@pytest.mark.parametrize("count", [NEIGHBOURS, NEIGHBOURS + 1])
def test_too_few_examples_have_no_neighbours(count: int) -> None:
    x = examples(count, 0)
    assert bool(_sample_quality(x, x, x)) == (count > NEIGHBOURS)


def test_what_is_of_another_shape_is_not_compared() -> None:
    x = examples(20, 0)
    assert _sample_quality(x, x[..., 0], x[..., 0]) == {}
