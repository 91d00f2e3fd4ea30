"""A relaxed one-hot `tfd.Distribution`: apart, since it cannot be defined without loading TFP."""

import tensorflow as tf
import tensorflow_probability as tfp

from tfvae.gumbel import one_hot_argmax


class RelaxedDistribution(tfp.distributions.RelaxedOneHotCategorical):
    """TFP's, with the code of the likeliest class as the mode, which the density lacks."""

    def _mode(self) -> tf.Tensor:
        return one_hot_argmax(self.logits)
