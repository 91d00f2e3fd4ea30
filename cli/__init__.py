"""The command `tfvae`. It stands beside the library, so that its help needs no TensorFlow."""

if __name__ != "tfvae_cli":
    raise ImportError(
        f"The command line was imported as {__name__!r}. Install the project (pip install -e .) "
        "and import tfvae_cli, or run the command tfvae."
    )
