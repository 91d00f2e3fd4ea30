"""Ways from one latent to another."""

import tensorflow as tf


def straight(begin: tf.Tensor, end: tf.Tensor, fraction: tf.Tensor) -> tf.Tensor:
    """Returns z a fraction `[B]` of the way along the line between two `[B, *event]`."""
    share = tf.reshape(fraction, [-1, *[1] * (len(begin.shape) - 1)])
    return (1.0 - share) * begin + share * end


def great_circle(begin: tf.Tensor, end: tf.Tensor, fraction: tf.Tensor) -> tf.Tensor:
    r"""Returns z a fraction of the way along the great circle between two unit vectors `[B, D]`.

    $$z_t = \frac{\sin((1 - t) \omega) a + \sin(t \omega) b}{\sin \omega}$$

    Points next to each other, and opposite points, between which no circle is the shortest, are
    joined by the line, and what comes out is scaled to length one.

    Reference:
        Shoemake 1985, Animating rotation with quaternion curves.
    """
    share = fraction[:, None]
    # The angle by its half, which is exact for near and for opposite points, as acos is not.
    apart, together = (
        tf.sqrt(tf.reduce_sum(tf.square(sides), axis=-1, keepdims=True))
        for sides in (begin - end, begin + end)
    )
    angle = 2.0 * tf.atan2(apart, together)
    sine = tf.sin(angle)
    curved = sine > 1e-4
    safe = tf.where(curved, sine, tf.ones_like(sine))
    along = (tf.sin((1.0 - share) * angle) * begin + tf.sin(share * angle) * end) / safe
    z = tf.where(curved, along, straight(begin, end, fraction))
    length = tf.sqrt(tf.reduce_sum(tf.square(z), axis=-1, keepdims=True))
    return z / tf.maximum(length, 1e-12)
