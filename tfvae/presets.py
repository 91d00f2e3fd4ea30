"""Taking a model from where it is kept: a preset of config and weights, or a `.keras` file."""

import json
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import keras


class _Known:
    """What the class says of the presets there are; an object of it has no such attribute."""

    def __get__(self, instance: Any, owner: type) -> dict[str, dict[str, Any]]:
        if instance is not None:
            # Keras looks at every attribute of a model that it saves.
            raise AttributeError("presets is of the class: tfvae.VAE.presets")
        from tfvae import zoo

        return {name: zoo.describe(name) for name in zoo.list_presets()}


class Presets(keras.Model):
    """Mixin of the model: presets, written and read, and files of `save`, read.

    `VAE.presets` has what each preset that `from_preset` knows by name says about itself.
    """

    presets = _Known()

    @classmethod
    def load(cls, path: str | Path, custom_objects: Mapping[str, Any] | None = None) -> Self:
        """Loads what `save` wrote, as `keras.saving.load_model` does, after checking all of it.

        Keras 3.15 says of a file that is cut short that it is not there.

        Args:
            path: a `.keras` file.
            custom_objects: the user's own classes that the file may name.

        Returns:
            The model, compiled if it was: weights, state of the optimiser and seeds.

        Raises:
            FileNotFoundError: if there is no such file.
            ValueError: if it is cut short or altered, or holds another kind of model.

        Example:
            >>> import tfvae
            >>> vae = tfvae.VAE(
            ...     tfvae.encoders.MLP((8,)),
            ...     tfvae.decoders.MLP((8,)),
            ...     posterior=tfvae.families.DiagonalNormal(2),
            ...     likelihood=tfvae.families.Bernoulli((4, 4, 1)),
            ... )
            >>> vae.save("vae.keras")
            >>> tfvae.VAE.load("vae.keras").count_params() == vae.count_params()
            True
        """
        path = Path(path)
        if not path.is_file():
            raise FileNotFoundError(f"There is no file {path}.")
        try:
            with zipfile.ZipFile(path) as archive:
                damaged = archive.testzip()
        except (zipfile.BadZipFile, zlib.error, EOFError):
            damaged = "the list of its parts"
        if damaged is not None:
            raise ValueError(
                f"{path} is cut short or altered: {damaged} cannot be read. Copy the file again, "
                "or save the model again with `vae.save`."
            )
        model = keras.saving.load_model(path, custom_objects=dict(custom_objects or {}))
        if not isinstance(model, cls):
            raise ValueError(f"{path} holds a {type(model).__name__}, not a {cls.__name__}.")
        return model

    def save_to_preset(
        self,
        folder: str | Path,
        metadata: Mapping[str, Any] | None = None,
        files: Mapping[str, Any] | None = None,
        half_precision: bool = False,
    ) -> None:
        """Writes a folder with config, weights and metadata: all of it, or nothing.

        Args:
            folder: where; an earlier preset in that place is replaced.
            metadata: what `metadata.json` says besides versions, files and their sha256. `name`,
                else the folder's, and `version`, a whole number, else 1, are what a published zoo
                calls the preset.
            files: further files by name, each bytes or a path to copy, such as `README.md`: data,
                text or pictures, nothing that could be run.
            half_precision: whether to store float32 weights as float16, for half the size.

        Raises:
            tfvae.zoo.PresetError: if the folder holds anything else, or cannot be written.

        Example:
            >>> import tfvae
            >>> vae = tfvae.VAE(
            ...     tfvae.encoders.MLP((8,)),
            ...     tfvae.decoders.MLP((8,)),
            ...     posterior=tfvae.families.DiagonalNormal(2),
            ...     likelihood=tfvae.families.Bernoulli((4, 4, 1)),
            ... )
            >>> vae.save_to_preset("mine")
            >>> tfvae.VAE.from_preset("mine").count_params() == vae.count_params()
            True
        """
        from tfvae import zoo

        config = keras.saving.serialize_keras_object(self)
        config.pop("compile_config", None)

        def write_weights(path: Path) -> None:
            self.save_weights(path)
            zoo.drop_optimizer(path)
            if half_precision:
                zoo.compress_weights(path)

        zoo.write_preset(
            folder,
            {
                "config.json": json.dumps(config, indent=1).encode(),
                "model.weights.h5": write_weights,
                **(files or {}),
            },
            {
                "parameter_count": self.count_params(),
                "weights_dtype": "float16" if half_precision else "float32",
                **(metadata or {}),
            },
        )

    @classmethod
    def from_preset(
        cls,
        handle: str | Path,
        load_weights: bool = True,
        custom_objects: Mapping[str, Any] | None = None,
        **overrides: Any,
    ) -> Self:
        """Builds the model of a preset, after every file of it was checked.

        Args:
            handle: a name (`tfvae.zoo.list_presets()`) with `@version` or without, a folder, or an
                address: `https://host/path/`, `hf://user/repo` or
                `kaggle://user/model/variation`; see `tfvae.zoo.resolve`.
            load_weights: whether to load the weights, or leave them as they are drawn.
            custom_objects: the user's own classes that the preset may name.
            overrides: arguments of the model to put in place of the preset's, such as
                `objective=tfvae.objectives.IWAE(5)`. All other parts are the preset's, with their
                weights.

        Returns:
            The model, not compiled: call `compile` before `fit`.

        Raises:
            tfvae.zoo.PresetError: if there is no such preset, a file of it cannot be had, is
                missing, truncated or altered, or it holds another kind of model.
            ValueError: if an override is no argument of the model, or does not fit the other parts.

        Example:
            >>> import tfvae
            >>> vae = tfvae.VAE.from_preset("gmvae_mnist", objective=tfvae.objectives.IWAE(5))
            >>> vae.sample(3, component=2, seed=0).shape
            (3, 28, 28, 1)
        """
        from tfvae import zoo
        from tfvae.zoo import building

        preset = zoo.read_preset(zoo.resolve(handle), custom_objects)
        model = building.build_model(preset, custom_objects)
        if not isinstance(model, cls):
            raise zoo.PresetError(
                f"{preset.folder} holds a {type(model).__name__}, not a {cls.__name__}."
            )
        if load_weights:
            # The seeds are the new model's own, so that `keras.utils.set_random_seed` rules them.
            seeds = [(seed, seed.numpy()) for seed in model.seeds()]
            building.load_weights(model, preset)
            for seed, value in seeds:
                seed.assign(value)
        return model.replaced(**overrides) if overrides else model

    def replaced(self, **overrides: Any) -> Self:
        """Returns a model of the same parts, with their weights, but for those that are given.

        Both models have these parts, so that training one of them trains the other's too.

        Args:
            overrides: arguments of the constructor.

        Raises:
            ValueError: if one is none, or does not fit the other parts.
        """
        arguments = self.arguments()
        unknown = sorted(set(overrides) - {*arguments, "name"})
        if unknown:
            raise ValueError(
                f"{type(self).__name__} has no argument {unknown[0]!r}. Its arguments are "
                f"{', '.join(arguments)} and name."
            )
        # A prior whose components an encoder makes is of one model: it goes over to the new one.
        lent: list[Any] = [] if {"prior", "latents"} & set(overrides) else [None]
        lent += [] if "sampler" in overrides or self.sampler is None else [self.sampler]
        for prior in lent:
            self.latents.attach(self.input_shape, None, prior)
        try:
            return type(self)(**{**arguments, "name": self.name, **overrides})
        except Exception:
            for prior in lent:
                self.latents.attach(self.input_shape, self.infer_parameters, prior)
            raise
