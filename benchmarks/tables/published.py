"""What others have published of the same network and protocol, each figure with its source."""

from typing import NamedTuple

EXEMPLAR = "Norouzi, Fleet and Norouzi 2020, arXiv:2004.04795, density estimation"


class Published(NamedTuple):
    """A published negative log-likelihood, nats: its mean over seeds, where, and its spread."""

    mean: float
    source: str
    spread: float | None = None


# By data set and row. Nobody has published a mixture of Gaussians on this network.
EVIDENCE = {
    "mnist": {
        "vae": Published(84.45, EXEMPLAR, 0.12),
        "vampvae": Published(82.43, EXEMPLAR, 0.06),
        "hvae": Published(81.56, EXEMPLAR),
    },
    "fashion_mnist": {
        "vae": Published(228.70, EXEMPLAR, 0.15),
        "vampvae": Published(227.35, EXEMPLAR, 0.05),
        "hvae": Published(226.72, EXEMPLAR),
    },
}

# What this project set out to reach, before it had trained any of the rows.
TARGETS = {
    "mnist": {
        "vae": 84.6,
        "gmvae500": 83.3,
        "gmvae100": 83.3,
        "gmvae10": 83.3,
        "vampvae": 82.6,
        "flowvae": 82.8,
        "hvae": 81.7,
    },
    "fashion_mnist": {
        "vae": 228.9,
        "gmvae500": 227.9,
        "gmvae100": 227.9,
        "gmvae10": 227.9,
        "vampvae": 227.5,
    },
}
