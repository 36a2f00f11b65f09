"""Files an agent wrote, as artifacts."""

from __future__ import annotations

import mimetypes
from pathlib import PurePath

from buildwidget.protocol.events import ArtifactEvent
from buildwidget.runner.agents.changes import shown_path


def artifact(at: int, path: str, cwd: str) -> ArtifactEvent:
    """The event for a written file; its path is relative where it lies below the working directory."""
    name = PurePath(path).name
    return ArtifactEvent(at=at, name=name, path=shown_path(path, cwd), mime=mimetypes.guess_type(name)[0])
