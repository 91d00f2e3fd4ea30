"""The latent space: what its units and components are used for, and where the rate goes."""
