"""Whether a process is part of a systemd service, and how builds get out of its control group."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from buildwidget.runner import scope
from buildwidget.runner.scope import Scopes, Service, service_of

SYSTEM = Service("jupyter.service", by_user=False)
USER = Service("jupyter.service", by_user=True)
V1 = "12:pids:{0}\n11:memory:{0}\n1:name=systemd:{0}\n"


@pytest.mark.parametrize(
    ("cgroups", "service"),
    [
        ("0::/system.slice/jupyter.service\n", SYSTEM),
        ("0::/system.slice/jupyter.service/supervised/child\n", SYSTEM),
        ("0::/system.slice/system-jupyter.slice/jupyter@ann.service\n", Service("jupyter@ann.service", by_user=False)),
        ("0::/jupyter.service\n", SYSTEM),
        ("0::/user.slice/user-1000.slice/user@1000.service/app.slice/jupyter.service\n", USER),
        ("0::/user.slice/user-1000.slice/user@1000.service/jupyter.service\n", USER),
        ("0::/system.slice/jupyter-ann-singleuser.service\n", Service("jupyter-ann-singleuser.service", by_user=False)),
        ("0::/system.slice/jupyter\\x2dlab.service\n", Service("jupyter\\x2dlab.service", by_user=False)),
        (V1.format("/system.slice/jupyter.service"), SYSTEM),
        (V1.format("/system.slice/jupyter.service") + "0::/system.slice/jupyter.service\n", SYSTEM),
        ("4:memory:/x\n1:name=systemd:/\n0::/system.slice/jupyter.service\n", SYSTEM),
        # A session, a terminal's scope, the user's manager itself, a container, no systemd at all.
        ("0::/user.slice/user-1000.slice/session-2.scope\n", None),
        ("0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-org.gnome.Terminal.slice/vte.scope\n", None),
        ("0::/user.slice/user-1000.slice/user@1000.service/init.scope\n", None),
        ("0::/user.slice/user-1000.slice/user@1000.service\n", None),
        ("0::/user.slice/user-1000.slice/user@1000.service/app.slice/buildwidget-x.scope\n", None),
        ("0::/system.slice/docker-0123abcd.scope\n", None),
        ("0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-0123.scope\n", None),
        ("0::/init.scope\n", None),
        ("0::/\n", None),
        ("", None),
        (V1.format("/docker/0123abcd"), None),
        (V1.format("/"), None),
        ("4:memory:/system.slice/jupyter.service\n0::/\n", None),
        ("nonsense\n::\n0:\n0::no.service.really\n", None),
    ],
)
def test_the_service_of_a_process(cgroups: str, service: Service | None) -> None:
    assert service_of(cgroups) == service


class Systemd:
    """Answers as systemd's programs would."""

    def __init__(self, *, kill_mode: str = "control-group", works: bool = True) -> None:
        self.kill_mode = kill_mode
        self.works = works
        self.asked: list[list[str]] = []
        self.now = 0.0
        self.scopes = Scopes(ask=self.ask, clock=lambda: self.now)

    def ask(self, command: list[str]) -> tuple[int, str] | None:
        self.asked.append(command)
        if command[0] == "systemctl":
            return 0, self.kill_mode + "\n"
        return (0 if self.works else 1), ""


@pytest.fixture
def within(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Puts this process into a control group, as far as it can tell."""
    program = tmp_path / "systemd-run"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(scope, "CGROUP_FILE", str(tmp_path / "cgroup"))

    def put(cgroups: str) -> None:
        (tmp_path / "cgroup").write_text(cgroups)

    return put


def test_outside_of_services_nothing_is_asked_and_nothing_done(within: Callable[[str], None]) -> None:
    systemd = Systemd()
    for cgroups in ("", "0::/\n", "0::/user.slice/user-1000.slice/session-2.scope\n"):
        within(cgroups)
        assert systemd.scopes.prefix("x") == []
    Path(scope.CGROUP_FILE).unlink()
    assert systemd.scopes.prefix("x") == []
    systemd.scopes.warn()
    assert systemd.asked == []


@pytest.mark.parametrize(
    ("path", "user", "options"),
    [
        ("/system.slice/jupyter.service", 0, []),
        ("/system.slice/jupyter.service", 1000, ["--user"]),
        ("/user.slice/user-1000.slice/user@1000.service/app.slice/jupyter.service", 1000, ["--user"]),
        ("/user.slice/user-0.slice/user@0.service/app.slice/jupyter.service", 0, ["--user"]),
    ],
)
def test_a_service_gives_its_builds_a_scope(
    within: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, path: str, user: int, options: list[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    within(f"0::{path}\n")
    systemd = Systemd()
    program, *words = systemd.scopes.prefix("buildwidget-b")
    assert Path(program).name == "systemd-run"
    assert words == [*options, "--scope", "--quiet", "--collect", "--unit=buildwidget-b", "--"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        systemd.scopes.warn()


def test_it_is_found_out_once_and_again_after_a_while(within: Callable[[str], None]) -> None:
    within("0::/system.slice/jupyter.service\n")
    systemd = Systemd()
    for _ in range(3):
        assert systemd.scopes.prefix("x")
    assert len(systemd.asked) == 2
    systemd.works = False
    systemd.now += 61
    assert systemd.scopes.prefix("x") == []
    assert len(systemd.asked) == 4


@pytest.mark.parametrize("kill_mode", ["process", "none"])
def test_a_service_that_kills_only_itself_needs_none(within: Callable[[str], None], kill_mode: str) -> None:
    within("0::/system.slice/jupyter.service\n")
    systemd = Systemd(kill_mode=kill_mode, works=False)
    assert systemd.scopes.prefix("x") == []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        systemd.scopes.warn()


def test_where_no_scope_can_be_made_a_warning_says_once_what_to_set(
    within: Callable[[str], None], tmp_path: Path
) -> None:
    within("0::/system.slice/jupyter.service\n")
    without_bus, without_program = Systemd(works=False), Systemd()
    assert without_bus.scopes.prefix("x") == []
    (tmp_path / "systemd-run").unlink()
    assert without_program.scopes.prefix("x") == []
    for scopes in (without_bus.scopes, without_program.scopes):
        with pytest.warns(RuntimeWarning, match=r"jupyter\.service.*KillMode=process") as told:
            scopes.warn()
        assert len(told) == 1
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            scopes.warn()


def test_the_real_programs_are_asked_without_harm(within: Callable[[str], None], tmp_path: Path) -> None:
    within("0::/system.slice/jupyter.service\n")
    (tmp_path / "systemd-run").write_text("#!/bin/sh\nexit 3\n")
    assert Scopes().prefix("x") == []
    (tmp_path / "systemd-run").write_text('#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done; shift; exec /bin/"$1"\n')
    assert Scopes().prefix("x")[-1] == "--"
