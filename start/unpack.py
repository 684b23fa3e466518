"""Debian packages unpacked beside the installed ones.

Debian lets a machine have one mail server; the tests want two.  What is unpacked here is
run from there and changes nothing elsewhere; no root is needed.
"""

import fcntl
import re
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

from start.child import StartError

PACKAGES = Path(__file__).resolve().parents[1] / "var" / "packages"
# A library that apt would install newly.  One that it would only renew is here already.
_NEW_LIBRARY = re.compile(r"^Inst ((?:lib|zlib)\S+) \(", re.MULTILINE)
_ARCHIVE = "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] {url} {suite} main\n"


def unpack(packages: Sequence[str], *, suite: str = "") -> Path:
    """The folder with the files of ``packages`` and of the libraries they lack here.

    It is made once, of what apt would install today, and kept under the first one's name.
    With ``suite`` they are those of that Debian and come with all their libraries, the C
    library too: what is in the folder can be the root directory of a process.
    """
    PACKAGES.mkdir(parents=True, exist_ok=True)
    folder = PACKAGES / packages[0]
    with (PACKAGES / f"{packages[0]}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            _make(folder, packages, suite)
    return folder


def file_in(folder: Path, name: str) -> Path:
    """The one file of that name, whichever folder the architecture puts it in."""
    for path in folder.rglob(name):
        return path
    raise StartError(f"The packages in {folder} hold no {name}; remove that folder to try again.")


def _make(folder: Path, packages: Sequence[str], suite: str) -> None:
    fresh = folder.with_suffix(".new")
    shutil.rmtree(fresh, ignore_errors=True)
    (fresh / "archives").mkdir(parents=True)
    try:
        _download(fresh / "archives", packages, suite)
        for archive in (fresh / "archives").glob("*.deb"):
            _run(["dpkg-deb", "-x", archive, fresh])
        _take_privileges(fresh)
    except (OSError, subprocess.SubprocessError) as error:
        raise StartError(
            f"The tests need {' and '.join(packages)}, and apt-get could not download them "
            f"({_reason(error)}).  As root: apt-get update; then try again."
        ) from error
    shutil.rmtree(fresh / "archives")
    fresh.rename(folder)


def _take_privileges(folder: Path) -> None:
    """Debian's Exim is setuid root, which nothing outside dpkg's care should be."""
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            path.chmod(path.stat().st_mode & 0o777)


def _download(folder: Path, packages: Sequence[str], suite: str) -> None:
    apt = ["apt-get", *_options_of(suite, folder)]
    try:
        _run([*apt, "download", *_with_libraries(apt, packages)], folder=folder)
    except subprocess.CalledProcessError:
        # The lists may be missing or old; only root can renew those of the machine.
        _run([*apt, "update"])
        _run([*apt, "download", *_with_libraries(apt, packages)], folder=folder)


def _options_of(suite: str, folder: Path) -> list[str]:
    """An apt that knows one suite and has nothing installed; its files lie in ``folder``."""
    if not suite:
        return []
    (folder / "suite.list").write_text(_ARCHIVE.format(url=_archive_of_machine(), suite=suite))
    for name in ("lists/partial", "cache/archives/partial"):
        (folder / name).mkdir(parents=True)
    options = {
        "Dir::Etc::SourceList": folder / "suite.list",
        "Dir::Etc::SourceParts": "-",
        "Dir::State::Lists": folder / "lists",
        "Dir::State::status": "/dev/null",
        "Dir::Cache": folder / "cache",
    }
    return [word for name, value in options.items() for word in ("-o", f"{name}={value}")]


def _archive_of_machine() -> str:
    """Where this machine's apt gets Debian from; all suites lie there."""
    ask = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Origin: Debian", "Label: Debian"]
    found = _run(ask).split()
    if not found:  # no lists yet
        _run(["apt-get", "update"])
        found = _run(ask).split()
    if not found:
        raise OSError("apt names no archive of Debian's")
    return found[0]


def _with_libraries(apt: Sequence[str], packages: Sequence[str]) -> Iterable[str]:
    plan = _run([*apt, "install", "--simulate", "--no-install-recommends", *packages])
    return dict.fromkeys([*packages, *_NEW_LIBRARY.findall(plan)])


def _run(command: Sequence[str | Path], *, folder: Path | None = None) -> str:
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=True, timeout=120
    )
    return done.stdout


def _reason(error: Exception) -> str:
    said = error.stderr if isinstance(error, subprocess.CalledProcessError) else None
    return " ".join(said.split())[-300:] if said else str(error)
