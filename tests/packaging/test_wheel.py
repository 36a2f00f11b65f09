"""The wheel is all a user needs: no Node, the front end inside, the server extension switched on."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import venv
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

from buildwidget import __version__
from tests.locks.sync import LOCKS, recorded

ROOT = Path(__file__).parents[2]


def run(*command: str | Path, path: str | None = None) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "PYTHON"))}
    if path is not None:
        environment["PATH"] = path
    done = subprocess.run(
        [str(word) for word in command], env=environment, capture_output=True, text=True, check=False, cwd="/"
    )
    assert done.returncode == 0, f"{command}:\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation")
    run(*pip, "--wheel-dir", target, ROOT)
    return next(target.glob("buildwidget-*.whl"))


def test_the_wheel_holds_what_a_user_needs_and_no_more(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "buildwidget/static/widget.js" in names
    assert "buildwidget/py.typed" in names
    assert any(name.endswith("etc/jupyter/jupyter_server_config.d/jupyter_extension.json") for name in names)
    assert "buildwidget/protocol/schema.json" in names
    labextension = "data/share/jupyter/labextensions/@buildwidget/lab/"
    for file in ("package.json", "install.json", "schemas/@buildwidget/lab/panel.json", "static/remoteEntry."):
        assert any(labextension + file in name for name in names), file
    # The labextension is there once, where JupyterLab looks for it.
    elsewhere = ("frontend", "tests/", "node_modules", "jupyter_extension/labextension")
    assert [name for name in names if any(part in name for part in elsewhere)] == []


def test_the_wheel_tells_the_licences_of_the_code_it_holds(wheel: Path) -> None:
    packages = json.loads((ROOT / "buildwidget/frontend/package.json").read_text())["dependencies"]
    with zipfile.ZipFile(wheel) as content:
        files = [name for name in content.namelist() if name.endswith(".licenses.txt")]
        assert [Path(file).name for file in files] == ["widget.licenses.txt", "index.licenses.txt"]
        for file in files:
            told = content.read(file).decode()
            assert all(re.search(rf"^{package} \d+\.\d+\.\d+ \(.+\)$", told, re.MULTILINE) for package in packages)
            assert told.count("Permission is hereby granted") == len(packages)


def from_lock(wheel: Path, requirements: Path) -> list[str]:
    """The wheel, and what it needs in the versions of this environment's lock; the newest where there is no lock."""
    # With a hash for the wheel, pip demands one from the lock for everything else.
    requirements.write_text(f"buildwidget @ {wheel.as_uri()} --hash=sha256:{sha256(wheel.read_bytes()).hexdigest()}\n")
    locks = [f"--constraint={LOCKS / f'{lock}.txt'}" for lock in recorded() or []]
    return [f"--requirement={requirements}", *locks] if locks else [str(wheel)]


@pytest.mark.timeout(300)
def test_an_empty_environment_gets_an_enabled_server_extension(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "env")
    binaries = tmp_path / "env" / "bin"
    no_node = f"{binaries}:/usr/bin:/bin"
    # By this environment's pip, and compiled only where it is imported: both take longer than all the rest.
    pip = (sys.executable, "-m", "pip", "--python", binaries / "python")
    run(*pip, "install", "--quiet", "--no-compile", *from_lock(wheel, tmp_path / "requirements.txt"), path=no_node)
    told = run(binaries / "jupyter", "server", "extension", "list", path=no_node)
    line = next(line for line in told.splitlines() if "jupyter_extension" in line and "enabled" in line)
    assert "enabled" in line
    assert "OK" in told.split("jupyter_extension", 1)[1]
    script = "import buildwidget, json; print(json.dumps(buildwidget.launch('true').wait(timeout=60).status))"
    environment = ("env", f"BUILDWIDGET_DATA_DIR={tmp_path / 'data'}")
    assert json.loads(run(*environment, binaries / "python", "-c", script, path=no_node)) == "succeeded"


def test_the_front_end_has_the_version_of_the_package() -> None:
    frontend = ROOT / "buildwidget" / "frontend"
    versions = {json.loads((frontend / path).read_text())["version"] for path in ("package.json", "lab/package.json")}
    assert versions == {__version__}
