"""Uploading a preset to the Hugging Face hub or to Kaggle."""

from pathlib import Path

from .errors import DownloadError, PresetError
from .folder import METADATA, check_files
from .home import offline
from .hosts import FORMS, HuggingFace, Kaggle, source_of


def upload_preset(handle: str, folder: str | Path) -> None:
    """Uploads a preset to where `from_preset` will take it from by the same handle.

    Who may write there is told to the host's own library, as by `hf auth login` or
    `kagglehub.login()`.

    Args:
        handle: `hf://user/repo`, which is made if it is not there, `hf://user/repo@branch`, or
            `kaggle://user/model/variation`, which gets a new version.
        folder: a preset's folder; what is not in its table of files is not uploaded.

    Raises:
        PresetError: if the preset is damaged, the handle is of another kind, the library is
            missing, or the host refuses.

    Example:
        >>> from tfvae import zoo
        >>> mine = zoo.write_preset("mine", {"config.json": b"{}", "model.weights.h5": b"1234"})
        >>> upload_preset("https://example.org/mine", mine)
        Traceback (most recent call last):
        tfvae.zoo.errors.PresetError: A preset can be uploaded to hf://... 'https://...'...
    """
    folder = Path(folder).expanduser()
    metadata = check_files(folder)
    if offline():
        raise DownloadError(f"TFVAE_OFFLINE forbids uploading to {handle}. Unset it.")
    names = [METADATA, *metadata["files"]]
    source = source_of(handle)
    if not isinstance(source, HuggingFace | Kaggle) or _is_versioned(source):
        raise PresetError(
            f"A preset can be uploaded to {FORMS['hf']}, or to kaggle://user/model/variation, but "
            f"not to {handle!r}. What `tfvae zoo publish` writes can be served by any host."
        )
    try:
        if isinstance(source, HuggingFace):
            _to_hugging_face(source, folder, names)
        else:
            _to_kaggle(source, folder, names)
    except Exception as error:
        said = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise PresetError(f"{folder} could not be uploaded to {handle}: {said}") from error


def _is_versioned(source: HuggingFace | Kaggle) -> bool:
    """Returns whether a handle names a version of Kaggle's, which cannot be written."""
    return isinstance(source, Kaggle) and source.path.count("/") > 3


def _to_hugging_face(source: HuggingFace, folder: Path, names: list[str]) -> None:
    source.library.create_repo(source.repository, exist_ok=True)
    source.library.upload_folder(
        repo_id=source.repository,
        folder_path=folder,
        revision=source.revision,
        allow_patterns=names,
        commit_message=f"Upload {source.name}",
    )


def _to_kaggle(source: Kaggle, folder: Path, names: list[str]) -> None:
    present = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    source.library.model_upload(
        source.path, str(folder), ignore_patterns=sorted(present - {*names})
    )
