from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from buildwidget.reporting import import_hooks
from buildwidget.reporting.import_hooks import when_imported


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if name.startswith("hooked"):
            del sys.modules[name]


def test_a_hook_runs_once_after_the_import(path: Path) -> None:
    (path / "hooked_one.py").write_text("value = 1\n")
    seen: list[int] = []

    def hook(module: ModuleType) -> None:
        seen.append(module.value)
        module.value = 2  # type: ignore[attr-defined] - the module above has it

    when_imported("hooked_one", hook)
    assert "hooked_one" not in sys.modules
    module = importlib.import_module("hooked_one")
    assert (seen, module.value) == ([1], 2)
    importlib.reload(module)
    assert seen == [1]


def test_a_module_that_is_there_is_hooked_at_once(path: Path) -> None:
    (path / "hooked_two.py").write_text("")
    module = importlib.import_module("hooked_two")
    seen: list[ModuleType] = []
    when_imported("hooked_two", seen.append)
    assert seen == [module]


def test_hooks_of_a_package_and_its_module_run_in_the_order_of_the_imports(path: Path) -> None:
    (path / "hooked_package").mkdir()
    (path / "hooked_package/__init__.py").write_text("")
    (path / "hooked_package/inner.py").write_text("")
    seen: list[str] = []
    when_imported("hooked_package.inner", lambda module: seen.append(module.__name__))
    when_imported("hooked_package", lambda module: seen.append(module.__name__))
    when_imported("hooked_package", lambda module: seen.append("again"))
    importlib.import_module("hooked_package.inner")
    assert seen == ["hooked_package", "again", "hooked_package.inner"]


def test_the_module_is_as_it_would_be_without(path: Path) -> None:
    (path / "hooked_three.py").write_text("def f():\n    return 'source'\n")
    when_imported("hooked_three", lambda _: None)
    module = importlib.import_module("hooked_three")
    assert type(module.__loader__).__module__ != import_hooks.__name__
    assert module.__spec__ is not None
    assert module.__spec__.loader is module.__loader__
    assert "source" in inspect.getsource(module.f)


def test_what_is_not_there_or_goes_wrong_is_as_without(path: Path) -> None:
    def fails(_: ModuleType) -> None:
        raise RuntimeError("of another version")

    when_imported("hooked_missing", fails)
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("hooked_missing")
    (path / "hooked_missing.py").write_text("value = 3")
    importlib.invalidate_caches()
    assert importlib.import_module("hooked_missing").value == 3

    seen: list[ModuleType] = []
    (path / "hooked_broken.py").write_text("raise OSError('broken')")
    when_imported("hooked_broken", seen.append)
    with pytest.raises(OSError, match="broken"):
        importlib.import_module("hooked_broken")
    assert seen == []


def test_looking_for_a_module_is_not_importing_it(path: Path) -> None:
    (path / "hooked_four.py").write_text("")
    seen: list[ModuleType] = []
    when_imported("hooked_four", seen.append)
    spec = importlib.util.find_spec("hooked_four")
    assert spec is not None
    assert spec.loader.get_filename() == str(path / "hooked_four.py")  # type: ignore[union-attr] - a file's loader has it
    module = importlib.import_module("hooked_four")
    assert seen == [module]
