"""What a model of codes does for its user with the codes themselves: whole numbers in and out."""

from typing import Any

import numpy as np
import tensorflow as tf

from tfvae.verbs import BATCH_SIZE, Verbs


class CodeVerbs(Verbs):
    """Mixin of the model: its latents as codes, if they are codes."""

    def codes(self, x: Any, batch_size: int = BATCH_SIZE) -> np.ndarray:
        """Returns the codes of examples.

        Args:
            x: examples, `[N, *event_shape]`.
            batch_size: examples at a time.

        Returns:
            int32 `[N, *code_shape]`, each from 0.

        Raises:
            ValueError: if the latents are no codes.
        """
        self._need_codes("codes")
        return self._over(self._codes, x, batch_size).numpy()

    def decode_codes(self, codes: Any, batch_size: int = BATCH_SIZE) -> Any:
        """Returns p(x given codes).

        Args:
            codes: whole numbers `[N, *code_shape]`, such as `codes(x)` returns.
            batch_size: codes at a time.

        Returns:
            A `tfd.Distribution` of batch `[N]` over examples.

        Raises:
            ValueError: if the latents are no codes, or these are none of theirs.
        """
        self._need_codes("decode_codes")
        return self.decode(self.latents.vectors(self._checked_codes(codes)), batch_size)

    def _codes(self, x: tf.Tensor, first: tf.Tensor) -> tf.Tensor:
        return self.latents.codes(self.infer_parameters(x))

    def _need_codes(self, verb: str) -> None:
        if self.latents.code_shape is None:
            raise ValueError(
                f"`{verb}` needs a model whose latents are codes, but they are of kind "
                f"{type(self.latents).__name__}: take `tfvae.latents.Quantised`."
            )

    def _checked_codes(self, codes: Any) -> tf.Tensor:
        codes, expected = np.asarray(codes), self.latents.code_shape
        if codes.dtype.kind not in "iu" or codes.shape[1:] != expected or not codes.size:
            raise ValueError(
                f"`codes` must be whole numbers of shape (N, {', '.join(map(str, expected))}), but "
                f"have dtype {codes.dtype} and shape {codes.shape}."
            )
        most = self.latents.quantiser.num_codes - 1
        if codes.min() < 0 or codes.max() > most:
            raise ValueError(
                f"`codes` must be from 0 to {most}, but go from {codes.min()} to {codes.max()}."
            )
        return tf.constant(codes, tf.int32)
