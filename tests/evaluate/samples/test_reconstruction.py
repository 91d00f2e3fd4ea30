"""Reconstruction errors against scikit-learn."""

import numpy as np
import pytest
from sklearn import metrics

from tfvae import evaluate


def test_reconstruction_error_is_summed_over_an_example() -> None:
    generator = np.random.default_rng(0)
    x, reconstruction = generator.uniform(size=[2, 7, 4, 4, 1])
    expected = 16 * metrics.mean_squared_error(x.reshape(7, -1), reconstruction.reshape(7, -1))
    assert evaluate.reconstruction_error(x, reconstruction) == pytest.approx(expected)
    with pytest.raises(ValueError, match="same shape"):
        evaluate.reconstruction_error(x, reconstruction[:3])
