"""Filling in the templates of a bundle: its page, and its example for Android."""

from typing import Any


def render(template: str, **values: Any) -> str:
    """Returns a template of `export/templates`, filled in, and in HTML escaped."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("tfvae.export"),
        autoescape=jinja2.select_autoescape(["html"]),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "scientific": lambda value: f"{value:.1e}",
        "microseconds": microseconds,
        "megabytes": megabytes,
    }
    return environment.get_template(template).render(**values)


def microseconds(value: float) -> str:
    """Returns a time in words.

    Example:
        >>> microseconds(8.24), microseconds(1234.0), microseconds(56789.0)
        ('8.24 µs', '1.23 ms', '56.8 ms')
    """
    return f"{value:.3g} µs" if value < 1000.0 else f"{value / 1000.0:.3g} ms"


def megabytes(size: int) -> str:
    """Returns a number of bytes in words.

    Example:
        >>> megabytes(4_501_184), megabytes(1_232_123)
        ('4.50 MB', '1.23 MB')
    """
    return f"{size / 1e6:.2f} MB"
