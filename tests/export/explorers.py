"""Explorers of small models of every kind, and what stands in for npm."""

import io
import tarfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import tfvae
from tests.export.models import COVERING, build
from tfvae.export.converting import Job, convert
from tfvae.export.endpoints import Endpoint, endpoints_of, fixed_batch
from tfvae.export.inscribing import inscribe
from tfvae.export.litert_js import Package, integrity_of
from tfvae.export.to_saved_model import write_saved_model
from tfvae.export.to_web import atlas, write_explorer

CLASSES = 3
LEFT_IN_PARTS = ("decode", "cluster")


class Explored(NamedTuple):
    """A model, its endpoints and what was written for the explorer."""

    vae: Any
    endpoints: dict[str, Endpoint]
    model: Path
    atlas: dict[str, Any]


def vectors() -> tfvae.VAE:
    """A model of numbers that are no image, with latents of one dimension."""
    return tfvae.VAE(
        tfvae.encoders.MLP((8,)),
        tfvae.decoders.MLP((8,)),
        posterior=tfvae.families.DiagonalNormal(1),
        likelihood=tfvae.families.Normal((5,), "shared"),
    )


def colours() -> tfvae.VAE:
    """A model of colour images that are wider than high, given a class."""
    return tfvae.VAE(
        tfvae.encoders.MLP((8,)),
        tfvae.decoders.MLP((8,)),
        latents=tfvae.latents.Conditional(tfvae.families.DiagonalNormal(2), num_classes=CLASSES),
        likelihood=tfvae.families.Bernoulli((4, 6, 3)),
    )


def numbers(shape: tuple[int, ...], count: int = 40) -> np.ndarray:
    """Random numbers in (0, 1), which every likelihood here accepts."""
    return np.random.default_rng(3).uniform(size=(count, *shape)).astype(np.float32)


def explored(folder: Path) -> dict[str, Explored]:
    """Makes models of every kind, and converts them with one converter."""
    colour_images = {"x": numbers((4, 6, 3)), "condition": np.arange(40) % CLASSES}
    made = {
        "mixture": (build(COVERING[0]), None),
        "plain": (build(COVERING[2]), None),
        "vectors": (vectors(), numbers((5,))),
        "colours": (colours(), colour_images),
        "parts": (build(COVERING[0]), None),
    }
    found, jobs = {}, []
    for name, (vae, x) in made.items():
        endpoints = fixed_batch(endpoints_of(vae), 1)
        if name == "parts":
            endpoints = {key: endpoints[key] for key in LEFT_IN_PARTS}
        model = folder / f"{name}.tflite"
        write_saved_model(endpoints, folder / name)
        jobs.append(Job(str(folder / name), list(endpoints), str(model)))
        found[name] = Explored(vae, endpoints, model, atlas(vae, x))
    convert(jobs)
    for name, one in found.items():
        # As a bundle does.
        inscribe(one.model, {"name": name})
    return found


def put(one: Explored, folder: Path, name: str) -> None:
    """Writes the explorer of one of them."""
    write_explorer(folder, one.model, {"name": name, "licence": "MIT"}, one.atlas)


def archive(**files: bytes) -> bytes:
    """An archive as npm packs it."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as members:
        for name, content in files.items():
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(content)
            members.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def package(content: bytes) -> Package:
    """A package of one file, whose archive is `content`."""
    return Package("@some/thing", "1.2.3", integrity_of(content), {"package/one": "thing/one"})


def fake_npm(folder: Path, script: str) -> None:
    """Writes a program called npm; in its script, $4 is the folder that it shall pack to."""
    npm = folder / "npm"
    npm.write_text(f"#!/bin/sh\n{script}\n")
    npm.chmod(0o755)
