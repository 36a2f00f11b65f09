"""Files an agent wrote, as artifacts."""

from __future__ import annotations

import mimetypes
from pathlib import PurePath

from buildwidget.protocol.events import ArtifactEvent


def artifact(at: int, path: str, cwd: str) -> ArtifactEvent:
    """The event for a written file; its path is relative where it lies below the working directory."""
    whole = PurePath(cwd, path)
    shown = whole.relative_to(cwd) if whole.is_relative_to(cwd) else whole
    return ArtifactEvent(at=at, name=whole.name, path=str(shown), mime=mimetypes.guess_type(whole.name)[0])
