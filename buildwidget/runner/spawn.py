"""Starting a build's runner, so that it outlives whoever starts it."""

from __future__ import annotations

import contextlib
import functools
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import buildwidget
from buildwidget.errors import LaunchError
from buildwidget.protocol.events import Error, StatusEvent
from buildwidget.reporting.messages import SOCKET_VARIABLE
from buildwidget.runner.build_dir import RUNNER_LOG, make_build_dir
from buildwidget.runner.hidden import hider_for, whole_places
from buildwidget.runner.process_tree import BUILD_ID_VARIABLE
from buildwidget.runner.scope import SCOPES
from buildwidget.runner.start_failure import explain_start_failure, starts_for_sure
from buildwidget.store.drafts import draft
from buildwidget.store.errors import Unavailable
from buildwidget.store.location import data_dir
from buildwidget.store.records import BuildRecord, ProcessIdentity
from buildwidget.store.store import Store

_CHECK_SECONDS: Final = 60.0
_ROOT: Final = Path(buildwidget.__file__).absolute().parent.parent


def spawn(store: Store, record: BuildRecord, secrets: Mapping[str, str]) -> ProcessIdentity:
    """Start the build's runner and note its process.

    Args:
        store: where the build is.
        record: the build, whose spec tells the interpreter.
        secrets: values for the spec's secret names; they travel in the runner's environment and are never stored.

    Raises:
        LaunchError: the interpreter cannot be started; the build has failed.
    """
    build_id = record.summary.id
    directory = make_build_dir(build_id)
    python = whole_places(record.spec, {**os.environ, **secrets}).get("python") or sys.executable
    environment = runner_environment(store.url, build_id, secrets)
    with (directory / RUNNER_LOG).open("ab") as log:
        try:
            process = subprocess.Popen(  # noqa: S603 - the interpreter the user chose, and a module of ours
                [*_scope(python, build_id, environment), python, "-m", "buildwidget.runner", build_id],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                cwd=directory,  # -m looks for modules there first, and nobody else can put one into it
                env=environment,
                **_detached(),
            )
        except OSError as error:
            why = explain_start_failure(error, [python], cwd=str(directory), path=environment.get("PATH"))
            problem = LaunchError(why.message, field="python")
            _fail(store, build_id, hider_for(secrets).mask(str(problem)))
            raise problem from error
    identity = ProcessIdentity.of(process.pid)
    # Without somebody who waits for it, a runner that ends while this process lives on stays a zombie.
    threading.Thread(target=process.wait, name=f"buildwidget-reap-{process.pid}", daemon=True).start()
    with contextlib.suppress(Unavailable):  # it is under way, and notes itself when it claims the build
        store.set_process(build_id, identity)
    SCOPES.warn()  # last: a warning may be turned into an error, and the build is on its way
    return identity


def _scope(python: str, build_id: str, environment: Mapping[str, str]) -> list[str]:
    """What starts the interpreter in a scope; nothing for one that may not start, so that the failure is its own."""
    if not starts_for_sure(python, cwd=".", path=environment.get("PATH")):
        return []
    return SCOPES.prefix(f"buildwidget-{build_id}")


def _fail(store: Store, build_id: str, message: str) -> None:
    """End a build that nobody will run."""
    event = StatusEvent(
        at=time.time_ns() // 1_000_000, status="failed", error=Error(kind="LaunchError", message=message)
    )
    store.claim(build_id, ProcessIdentity.of()).append([draft(event)])


def _detached() -> dict[str, Any]:
    if sys.platform == "win32":
        return {"creationflags": subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def runner_environment(url: str, build_id: str, secrets: Mapping[str, str]) -> dict[str, str]:
    """The environment of a runner started from this process."""
    environment = {**_importable(dict(os.environ)), **secrets}
    environment.pop(SOCKET_VARIABLE, None)  # of the build that launches this one, if it is launched from a build
    environment["BUILDWIDGET_DATABASE_URL"] = url
    environment["BUILDWIDGET_DATA_DIR"] = str(data_dir())
    environment[BUILD_ID_VARIABLE] = build_id
    return environment


def _importable(environment: dict[str, str]) -> dict[str, str]:
    """The environment in which ``buildwidget`` can be imported, also from a source tree that is not installed."""
    known = environment.get("PYTHONPATH", "").split(os.pathsep)
    if _ROOT.name not in ("site-packages", "dist-packages") and str(_ROOT) not in known:
        environment["PYTHONPATH"] = os.pathsep.join([*filter(None, known), str(_ROOT)])
    return environment


def check_python(python: str) -> None:
    """Make sure that an interpreter can run builds; the answer is remembered.

    Raises:
        LaunchError: there is no such interpreter, or it has no buildwidget.
    """
    if runs_elsewhere(python):
        _check_other_python(python)


def runs_elsewhere(python: str) -> bool:
    """Whether an interpreter is another than this process's."""
    return os.path.abspath(python) != os.path.abspath(sys.executable)  # noqa: PTH100 - resolving would leave the venv


@functools.lru_cache(maxsize=64)
def _check_other_python(python: str) -> None:
    try:
        done = subprocess.run(  # noqa: S603 - the interpreter the user chose
            [python, "-c", "import buildwidget.runner.supervisor"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd=data_dir(),
            env=_importable(dict(os.environ)),
            timeout=_CHECK_SECONDS,
            check=False,
        )
    except OSError as error:
        why = explain_start_failure(error, [python], cwd=str(data_dir()), path=os.environ.get("PATH"))
        raise LaunchError(why.message, field="python") from error
    except subprocess.TimeoutExpired:
        raise LaunchError(f"{python} did not answer within {_CHECK_SECONDS:g} s.", field="python") from None
    if done.returncode:
        words = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
        raise LaunchError(
            f"{python} cannot run builds ({words}). Install buildwidget there: {python} -m pip install buildwidget",
            field="python",
        )
