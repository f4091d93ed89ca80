"""Where checkpoints lie, looked at before torch is loaded: what is gone on from is there, what is saved can be."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from workloads.common.options import Options, Refusal
from workloads.common.ranks import ranks

NAME = "last.pt"


def file_of(path: Path) -> Path:
    """The checkpoint that `--resume` means: the file itself, or the folder's last.pt."""
    return path / NAME if path.is_dir() else path


def refuse_places(options: Options) -> None:
    """Raise a Refusal for a checkpoint that isn't there, and for a folder in which none can or may be saved."""
    if options.resume is not None:
        refuse_absent(Path(options.resume))
    if options.checkpoint is not None and ranks().first:
        refuse_overwriting(Path(options.checkpoint), options.resume)
        refuse_unwritable(Path(options.checkpoint))


def refuse_absent(path: Path) -> None:
    """Raise a Refusal where there is no checkpoint that can be read."""
    try:
        file = file_of(path)
        is_there = file.is_file()
    except OSError as error:
        raise Refusal(f"--resume {path}: it can't be read ({error.strerror})") from error
    if not is_there:
        raise Refusal(f"--resume {path}: there is no checkpoint {file}; name a file or folder that --checkpoint made")
    if not os.access(file, os.R_OK):
        raise Refusal(f"--resume {path}: {file} can't be read (Permission denied)")


def refuse_overwriting(folder: Path, resume: str | None) -> None:
    """Raise a Refusal where another run's checkpoint would be lost: in its folder only who goes on from it saves."""
    try:
        is_there = (folder / NAME).exists()
    except OSError:
        return  # whether anything can be saved there is asked by itself
    if not is_there or (resume is not None and file_of(Path(resume)).parent.resolve() == folder.resolve()):
        return
    raise Refusal(
        f"--checkpoint {folder}: an earlier run's {folder / NAME} is there: go on from it with --resume {folder}, "
        "or name another folder"
    )


def refuse_unwritable(folder: Path) -> None:
    """Raise a Refusal where no file can be made in `folder`, or not even `folder`. Leaves nothing behind."""
    fresh: list[Path] = []
    try:
        fresh = [one for one in (folder, *folder.parents) if not one.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except FileExistsError as error:
        raise Refusal(f"--checkpoint {folder}: it is no folder: name one to save in") from error
    except OSError as error:
        raise Refusal(
            f"--checkpoint {folder}: nothing can be saved there ({error.strerror}): name a folder that can be written"
        ) from error
    finally:
        with contextlib.suppress(OSError):
            for made in fresh:
                made.rmdir()
