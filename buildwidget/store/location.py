"""Where the database is and whose builds are in it. The server sets these variables for its kernels."""

from __future__ import annotations

import getpass
import os
from pathlib import Path


def data_dir() -> Path:
    """The directory of the database and of builds' files; made (0700) where it is missing.

    ``$BUILDWIDGET_DATA_DIR``, else ``buildwidget`` in Jupyter's per-user data directory.
    """
    directory = data_path()
    make_private(directory)
    return directory


def data_path() -> Path:
    """Where ``data_dir`` is, whether or not it exists."""
    configured = os.environ.get("BUILDWIDGET_DATA_DIR")
    return Path(configured).expanduser().absolute() if configured else _default_directory()


def database_url() -> str:
    """``$BUILDWIDGET_DATABASE_URL``, else ``builds.db`` in the data directory."""
    return os.environ.get("BUILDWIDGET_DATABASE_URL") or f"sqlite:///{data_dir() / 'builds.db'}"


def owner() -> str:
    """Whose builds these are: ``$BUILDWIDGET_OWNER``, else ``$JUPYTERHUB_USER``, else the OS user.

    On a shared database it is a filter, not a security border.
    """
    return os.environ.get("BUILDWIDGET_OWNER") or os.environ.get("JUPYTERHUB_USER") or _os_user()


def make_private(directory: Path) -> None:
    """Make a directory that only its owner may enter; one that exists keeps the mode it has.

    Someone may have named a directory of their own (a home, a project), whose mode is not ours to change.
    """
    if not directory.is_dir():
        directory.parent.mkdir(parents=True, exist_ok=True)
        directory.mkdir(mode=0o700, exist_ok=True)


def _default_directory() -> Path:
    # Costs 20 ms and is needed only here.
    from jupyter_core.paths import jupyter_data_dir  # noqa: PLC0415

    return Path(jupyter_data_dir()) / "buildwidget"


def _os_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user id without a name
        return str(os.getuid()) if hasattr(os, "getuid") else "user"
