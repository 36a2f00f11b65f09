"""The settings: every number is a trait, explained, and arrives where it is used."""

from __future__ import annotations

import dataclasses
import json
import os
import types
from pathlib import Path
from typing import Any

import pytest
from traitlets import TraitError
from traitlets.config import Config as TraitConfig

import jupyter_extension
from buildwidget.hub.settings import HubSettings
from jupyter_extension.app import BuildwidgetApp
from jupyter_extension.config import Config
from jupyter_extension.traits import ServerTraits

WORKED_OUT = {"owner": "someone", "database_url": "sqlite:///x.db", "root_dir": "/somewhere"}
NUMBERS = {field.name for field in (*dataclasses.fields(HubSettings), *dataclasses.fields(Config))} - {
    "hub",
    *WORKED_OUT,
}


def own_traits() -> dict[str, Any]:
    return dict(ServerTraits.class_traits(config=True))


def test_every_setting_is_a_trait() -> None:
    assert NUMBERS | {"owner", "database_url", "secret_names", "secret_patterns"} == set(own_traits())


def test_the_traits_defaults_are_the_settings_defaults() -> None:
    assert ServerTraits().config_for(**WORKED_OUT) == Config(**WORKED_OUT)
    protocol = ServerTraits().hub_settings()
    assert (protocol.batch_ms, protocol.heartbeat_ms, protocol.timeout_ms) == (200, 30_000, 60_000)


@pytest.mark.parametrize("name", sorted(NUMBERS))
def test_a_help_text_tells_unit_default_and_what_none_means(name: str) -> None:
    trait = own_traits()[name]
    text = trait.help.lower()
    units = {"_ms": "milliseconds", "_seconds": "seconds", "_bytes": "bytes", "_days": "days"}
    for ending, unit in units.items():
        assert not name.endswith(ending) or unit in text, text
    assert "default: " in text
    assert (" none:" in text) == trait.allow_none


@pytest.mark.parametrize("name", sorted(NUMBERS))
def test_a_set_trait_arrives_in_the_settings(name: str) -> None:
    value = 7_777_777 if name in ("ring_bytes", "ring_events") else 777
    traits = ServerTraits(**{name: value})
    config = traits.config_for(**WORKED_OUT)
    assert getattr(config.hub if hasattr(config.hub, name) else config, name) == value


@pytest.mark.parametrize("name", sorted(NUMBERS - {"retention_days", "retention_bytes", "activity_ms"}))
def test_a_number_that_cannot_work_is_refused(name: str) -> None:
    with pytest.raises(TraitError):
        ServerTraits(**{name: 0})
    with pytest.raises(TraitError):
        ServerTraits(**{name: None})


def test_numbers_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match="ring"):
        ServerTraits(ring_events=10).hub_settings()


def test_settings_are_frozen() -> None:
    config = ServerTraits().config_for(**WORKED_OUT)
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.owner = "another"  # type: ignore[misc] # that is the point


def test_the_traits_are_set_under_the_apps_name() -> None:
    app = BuildwidgetApp(config=TraitConfig({"BuildwidgetApp": {"batch_ms": 50, "owner": "alice"}}))
    assert (app.batch_ms, app.owner) == (50, "alice")


def test_the_package_enables_the_extension_that_it_has() -> None:
    (point,) = jupyter_extension._jupyter_server_extension_points()
    assert point["app"] is BuildwidgetApp
    assert point["module"] == BuildwidgetApp.__module__
    path = Path(jupyter_extension.__file__).parent / "jupyter-config/jupyter_server_config.d/jupyter_extension.json"
    assert json.loads(path.read_text()) == {"ServerApp": {"jpserver_extensions": {"jupyter_extension": True}}}


@pytest.mark.parametrize(("active", "activity"), [(0, None), (3, {"builds": 3})])
def test_active_builds_are_activity(active: int, activity: dict[str, int] | None) -> None:
    app = BuildwidgetApp()
    hub = types.SimpleNamespace(active_builds=lambda: active)
    app.gate = types.SimpleNamespace(opened=types.SimpleNamespace(hub=hub))  # type: ignore[assignment] # of it only this
    assert app.current_activity() == activity
    app.gate = types.SimpleNamespace(opened=None)  # type: ignore[assignment] # as before the store is open
    assert app.current_activity() is None


@pytest.mark.parametrize(("given", "shared"), [(5_000, "5000"), (Config.log_limit_bytes, "77")])
def test_kernels_inherit_the_limit_of_a_log(monkeypatch: pytest.MonkeyPatch, given: int, shared: str) -> None:
    monkeypatch.setattr(os, "environ", {"BUILDWIDGET_LOG_LIMIT_BYTES": "77"})
    BuildwidgetApp.share_with_kernels(Config(**WORKED_OUT, log_limit_bytes=given))
    assert os.environ["BUILDWIDGET_LOG_LIMIT_BYTES"] == shared
