"""What goes wrong with presets and data sets, in our words."""


class PresetError(ValueError):
    """A preset cannot be used or written: damaged, too new, or naming what it may not."""


class PresetNotFoundError(PresetError, FileNotFoundError):
    """A preset, or one of its files, is not there."""


class DownloadError(PresetError):
    """A file cannot be had from where it is published, or is not what was published there."""


class DataError(ValueError):
    """A data set is unknown, cannot be had, or is not what it should be."""
