"""Filling in templates: the pages of reports, and the examples of a bundle."""

from typing import Any


def render(template: str, package: str = "tfvae.export", **values: Any) -> str:
    """Returns a template of a package, filled in, and in HTML escaped.

    Args:
        template: name of a file in the package's `templates`; it may include those of
            `export/templates`, such as the look of all pages.
        package: name of the package.
        **values: what the template reads.
    """
    import jinja2

    packages = dict.fromkeys([package, "tfvae.export"])
    environment = jinja2.Environment(
        loader=jinja2.ChoiceLoader([jinja2.PackageLoader(name) for name in packages]),
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
