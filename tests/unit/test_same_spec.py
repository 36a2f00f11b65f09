"""Whether a build does what a request asks for: what counts, what is said, and what is never stored."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from buildwidget import same_spec
from buildwidget.launching import Options, prepare
from buildwidget.store.process import ProcessIdentity

SECRET = {"DEPLOY_TOKEN": "hunter2hunter2"}


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BUILDWIDGET_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def runner() -> Iterator[ProcessIdentity]:
    """A process that was started with the secret."""
    process = subprocess.Popen(
        [sys.executable, "-c", "print(flush=True); input()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, **SECRET},
    )
    assert process.stdout is not None
    process.stdout.readline()
    yield ProcessIdentity.of(process.pid)
    process.communicate(b"\n")


def request(work: Any, *args: Any, key: str | None = "k", **options: Any) -> Any:
    return prepare(work, args, {}, Options(key=key, **options))


def record(made: Any, *, status: str = "succeeded", process: ProcessIdentity | None = None) -> Any:
    return SimpleNamespace(spec=made.spec, summary=SimpleNamespace(status=status), process=process)


def difference(existing: Any, wanted: Any, **about: Any) -> str | None:
    return same_spec.difference(record(existing, **about), wanted.spec, wanted.secrets)


def test_the_same_request_is_the_same() -> None:
    assert difference(request("echo a"), request("echo a")) is None
    assert difference(request(["echo", "a"]), request(["echo", "a"])) is None
    assert difference(request(divmod, 5, 2), request(divmod, 5, 2)) is None


def test_everything_that_decides_what_runs_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base = request("echo a")
    assert difference(base, request("echo b")) == "its command is another"
    assert difference(base, request("echo a", cwd=tmp_path)) == "its working directory is another"
    assert difference(base, request("echo a", pty=False)) == "pty is another"
    assert difference(base, request("echo a", env={"SEED": "1"})) == "the environment is another (SEED)"
    assert difference(base, request(divmod, 5, 2)) == "it was launched in another way"
    assert difference(request(divmod, 5, 2), request(divmod, 5, 3)) == (
        "its function, what that refers to, or its arguments are others"
    )
    monkeypatch.setenv("PATH", f"{os.environ['PATH']}:/elsewhere")
    monkeypatch.setenv("VIRTUAL_ENV", "/elsewhere")
    assert difference(base, request("echo a")) == "the environment is another (PATH, VIRTUAL_ENV)"
    assert "another (PATH" in str(difference(request(divmod, 5, 2, env={"PATH": "/bin"}), request(divmod, 5, 2)))


def test_what_cannot_be_compared_is_different_and_named() -> None:
    lock = threading.Lock()

    def use(lock: Any) -> None: ...

    one, two = request(use, lock), request(use, lock)
    told = "this call cannot be compared: argument 'lock', a lock, cannot be pickled (TypeError)"
    assert difference(one, two) == told
    assert str(difference(one, request(use, 1))).startswith("its call cannot be compared: argument 'lock'")
    assert difference(one, one) is None  # as a retry has it: the very same stored call


def test_without_a_key_nothing_is_compared() -> None:
    assert "fingerprint" not in request(divmod, 5, 2, key=None).spec


def test_older_fingerprints_match_nothing() -> None:
    wanted = request(divmod, 5, 2)
    for old in ({"callable": "abc", "env": {}, "cwd": "/"}, None, {**wanted.spec["fingerprint"], "scheme": 1}):
        existing = SimpleNamespace(spec={**wanted.spec, "fingerprint": old})
        assert "an older version" in str(difference(existing, wanted))
        assert "an older version" in str(difference(wanted, SimpleNamespace(spec=existing.spec, secrets={})))


def test_secrets_of_an_ended_build_cannot_be_compared() -> None:
    one = request("echo $DEPLOY_TOKEN", env=SECRET)
    assert difference(one, request("echo $DEPLOY_TOKEN", env=SECRET)) == (
        "the value of DEPLOY_TOKEN cannot be compared, because secrets are never stored"
    )
    assert difference(one, request("echo $DEPLOY_TOKEN")) == "it has other secret variables"


def test_secrets_of_an_active_build_are_compared_with_its_process(runner: ProcessIdentity) -> None:
    one, same = (request("echo $DEPLOY_TOKEN", env=SECRET) for _ in range(2))
    other = request("echo $DEPLOY_TOKEN", env={"DEPLOY_TOKEN": "another-secret"})
    assert difference(one, same, status="running", process=runner) is None
    assert difference(one, other, status="running", process=runner) == "the value of DEPLOY_TOKEN is another"
    elsewhere = ProcessIdentity(host="elsewhere", boot=runner.boot, pid=runner.pid, created=runner.created)
    reused = ProcessIdentity(host=runner.host, boot=runner.boot, pid=runner.pid, created=runner.created - 1)
    for process in (None, elsewhere, reused):
        assert "cannot be read here" in str(difference(one, same, status="running", process=process))


def test_two_secrets_in_one_command_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_TOKEN", "secret-of-a")
    monkeypatch.setenv("B_TOKEN", "secret-of-b")
    assert difference(request("echo secret-of-a"), request("echo secret-of-b")) is not None
    assert difference(request("echo secret-of-a"), request("echo secret-of-b"), status="running") is not None


def test_nothing_of_a_secret_is_in_the_spec() -> None:
    def use(values: Any) -> None: ...

    made = request(use, {"hunter2hunter2": threading.Lock()}, env=SECRET)
    assert "hunter2" not in str(made.spec)
    assert made.spec["not_compared"].startswith("argument 'values', a dict")


def test_the_digest_of_a_call_needs_the_users_own_key(data: Path) -> None:
    first = request(divmod, 5, 2).spec["fingerprint"]["callable"]
    file = data / same_spec.KEY_FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(file.read_bytes()) == 32
    assert request(divmod, 5, 2).spec["fingerprint"]["callable"] == first
    file.unlink()
    assert request(divmod, 5, 2).spec["fingerprint"]["callable"] != first
    assert [path.name for path in data.glob("fingerprint*")] == [same_spec.KEY_FILE]


def test_two_processes_that_make_the_key_at_once_agree(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = b"t" * 32

    def quicker(count: int) -> bytes:
        file = data / same_spec.KEY_FILE
        file.touch(0o600)
        file.write_bytes(theirs)
        return b"m" * count

    monkeypatch.setattr(same_spec.secrets, "token_bytes", quicker)
    assert same_spec._key() == theirs
