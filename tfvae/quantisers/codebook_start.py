"""Where a codebook starts when it is given data: the centres of k-means."""

import warnings

import numpy as np

# Enough to place a code; clustering more than this costs time and moves little.
MOST_FEATURES, MOST_FEATURES_A_CODE = 20_000, 10


def cluster_centres(features: np.ndarray, num_codes: int, seed: int) -> np.ndarray:
    """Returns the centres of clusters of features `[N, D]`, `[num_codes, D]`.

    Raises:
        ValueError: if there are fewer features than codes, or one is not finite.
    """
    if len(features) < num_codes:
        raise ValueError(
            f"A codebook of {num_codes} codes cannot start from {len(features)} vectors of "
            "features: give `adapt` more data, or take fewer codes."
        )
    if not np.isfinite(features).all():
        raise ValueError("The encoder gave features that are not finite: no codes start there.")
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    generator = np.random.default_rng(seed)
    most = max(MOST_FEATURES, MOST_FEATURES_A_CODE * num_codes)
    if len(features) > most:
        features = features[generator.choice(len(features), most, replace=False)]
    random_state = int(generator.integers(2**31))
    with warnings.catch_warnings():
        # Fewer distinct features than codes will do for a start.
        warnings.simplefilter("ignore", ConvergenceWarning)
        fit = KMeans(num_codes, n_init=1, random_state=random_state).fit(features)
    return fit.cluster_centers_
