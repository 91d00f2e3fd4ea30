"""`python -m tfvae`: the command `tfvae`."""


def main() -> None:
    """Runs the command line."""
    from tfvae_cli.main import main as run

    run()


if __name__ == "__main__":
    main()
