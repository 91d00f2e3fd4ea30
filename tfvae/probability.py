"""TensorFlow Probability, imported when a distribution is first made, not with `import tfvae`.

Used as `from tfvae import probability as tfp`.
"""

from typing import Any


def __getattr__(name: str) -> Any:
    import tensorflow_probability

    return getattr(tensorflow_probability, name)
