"""Functions of densities, precise at both ends, and made of operations that LiteRT has.

LiteRT's own softplus overflows above 88, its log1p and expm1 lose what is small, its lgamma does
not run on a batch of any size, and it has no digamma for the gradient.
"""

from typing import Any

import tensorflow as tf

# Where seven terms of the series of artanh are exact to the last bit of a float64.
ARTANH_BELOW = 0.125
# Where four terms of Stirling's series are exact in float32; with seven, float64 errs by 1e-11.
STIRLING_FROM = 4.5
# B_{2k} / (2k (2k - 1)), from k = 1 on.
STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156)
HALF_LOG_TWO_PI = 0.9189385332046727
# 1 - Euler's constant, then zeta(k) - 1 from k = 2 on: the logarithm of gamma around 2.
AROUND_TWO = (
    0.4227843350984671,
    0.6449340668482266,
    0.2020569031595943,
    0.08232323371113821,
    0.03692775514336994,
    0.01734306198444914,
    0.008349277381922829,
    0.00407735619794434,
    0.002008392826082214,
    0.0009945751278180857,
    0.0004941886041194647,
    0.0002460865533080483,
    0.0001227133475784892,
    6.124813505870481e-05,
    3.058823630702049e-05,
    1.528225940865186e-05,
    7.637197637899761e-06,
    3.81729326499984e-06,
    1.908212716553939e-06,
    9.53962033872796e-07,
    4.769329867878064e-07,
    2.38450502727733e-07,
    1.192199259653111e-07,
    5.960818905125948e-08,
)


def log_1_plus(x: tf.Tensor) -> tf.Tensor:
    """Returns log(1 + x) for x of at least 0, its relative precision that of x."""
    # log(1 + x) is 2 artanh(x / (2 + x)).
    ratio = x / (2.0 + x)
    square = tf.square(ratio)
    series = tf.zeros_like(x)
    for power in range(13, 0, -2):
        series = series * square + 2.0 / power
    return tf.where(x < ARTANH_BELOW, ratio * series, tf.math.log1p(x))


def softplus(x: tf.Tensor) -> tf.Tensor:
    """Returns log(1 + exp(x)) for any x."""
    return 0.5 * (x + tf.abs(x)) + log_1_plus(tf.exp(-tf.abs(x)))


def sum_log_sigmoid(x: tf.Tensor) -> tf.Tensor:
    """Returns the sum over the last axis of log(sigmoid(x)), for x of at least 0.

    A logarithm costs more than a product. So one is taken for up to 125 elements: their factors lie
    between 1/2 and 1, and their product stays a normal float32.

    Args:
        x: `[..., D]`, D known; the faster, the nearer a factor of D is to 125.

    Returns:
        `[...]`, to 3e-8 for each element in float32.
    """
    size = x.shape[-1]
    group = max(divisor for divisor in range(1, 126) if size % divisor == 0)

    @tf.custom_gradient
    def total(x: tf.Tensor) -> tuple[tf.Tensor, Any]:
        def gradient(upstream: tf.Tensor) -> tf.Tensor:
            # That of the products would be a product of all factors but one, for each.
            return upstream[..., None] * tf.sigmoid(-x)

        groups = tf.concat([tf.shape(x)[:-1], [size // group, group]], axis=0)
        products = tf.reduce_prod(tf.reshape(tf.sigmoid(x), groups), axis=-1)
        return tf.reduce_sum(tf.math.log(products), axis=-1), gradient

    return total(x)


def log_sinhc(x: tf.Tensor) -> tf.Tensor:
    """Returns log(sinh(x / 2) / (x / 2)) for any x, by its Taylor series near 0."""
    size = tf.abs(x)
    square = tf.square(0.5 * tf.minimum(size, 1.0))
    series = 1.0 / 6 + square * (-1.0 / 180 + square * (1.0 / 2835 - square / 37800))
    far_size = tf.maximum(size, 1.0)
    far = 0.5 * far_size + tf.math.log((1.0 - tf.exp(-far_size)) / far_size)
    return tf.where(size < 1.0, square * series, far)


def log_1_minus_exp(x: tf.Tensor) -> tf.Tensor:
    """Returns log(1 - exp(-x)) for x above 0."""
    near = tf.math.log(x) - 0.5 * x + log_sinhc(tf.minimum(x, 1.0))
    return tf.where(x < 1.0, near, tf.math.log(1.0 - tf.exp(-tf.maximum(x, 1.0))))


def log_gamma(x: tf.Tensor) -> tf.Tensor:
    r"""Returns the logarithm of the gamma function, with gradients, for x above 0.

    Stirling's series from 4.5 on; below, the Taylor series around 2, to which the recurrence
    $\Gamma(x + 1) = x \Gamma(x)$ leads. Exact at 1 and 2, where the function is 0.

    Args:
        x: float32 or float64 of any shape.

    Returns:
        Of the same shape; to 1e-6 of its size in float32, to 1e-10 in float64.

    Reference:
        Abramowitz and Stegun 1964, 6.1.15, 6.1.33 and 6.1.40.
    """
    near = tf.minimum(x, STIRLING_FROM)
    below = tf.where(near <= 1.5, near, 1.0) * tf.where(near <= 0.5, near + 1.0, 1.0)
    above = tf.where(near > 2.5, near - 1.0, 1.0) * tf.where(near > 3.5, near - 2.0, 1.0)
    # The nearest of 0, 1, 2, 3 and 4: subtracted at once, it costs no precision.
    centre = tf.add_n([tf.cast(near > bound, x.dtype) for bound in (0.5, 1.5, 2.5, 3.5)])
    offset = near - centre
    series = tf.zeros_like(offset)
    for power in range(len(AROUND_TWO), 0, -1):
        sign = 1.0 if power % 2 == 0 or power == 1 else -1.0
        series = (series + sign * AROUND_TWO[power - 1] / power) * offset
    near_two = series + tf.math.log(above) - tf.math.log(below)
    far = tf.maximum(x, STIRLING_FROM)
    stirling = (far - 0.5) * tf.math.log(far) - far + HALF_LOG_TWO_PI + _stirling_tail(far)
    return tf.where(x < STIRLING_FROM, near_two, stirling)


def log_gamma_ratio(x: tf.Tensor, count: tf.Tensor) -> tf.Tensor:
    r"""Returns $\log \Gamma(x + n) - \log \Gamma(x)$ for x above 0 and n of at least 0.

    The difference of two calls of `log_gamma` would lose all precision where x is large.
    """
    far = tf.maximum(x, STIRLING_FROM)
    total = far + count
    growth = (total - 0.5) * log_1_plus(count / far) + count * (tf.math.log(far) - 1.0)
    stirling = growth + _stirling_tail(total) - _stirling_tail(far)
    near = tf.minimum(x, STIRLING_FROM)
    return tf.where(x < STIRLING_FROM, log_gamma(near + count) - log_gamma(near), stirling)


def _stirling_tail(x: tf.Tensor) -> tf.Tensor:
    inverse = 1.0 / x
    square = tf.square(inverse)
    series = tf.zeros_like(x)
    for term in reversed(STIRLING):
        series = series * square + term
    return series * inverse
