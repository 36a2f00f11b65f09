"""Modules: installed ones by their version, the user's own by the files that a build would import."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from buildwidget.fingerprint import fingerprint_of_call, modules
from tests.unit.fingerprint.cells import cell, digest, made


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory on the path for modules; what is imported from it is forgotten."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def write(project: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)
    importlib.invalidate_caches()


FILES = {
    "mine.py": "import other_mine\nRATE = 1\ndef helper(): return RATE\nclass Config:\n    rate = 2\n",
    "other_mine.py": "if True: import third_mine\n",
    "third_mine.py": "VALUE = 1\n",
    "unrelated_mine.py": "VALUE = 1\n",
    "pack/__init__.py": "",
    "pack/inner.py": "from . import sibling\ndef run(): return sibling.VALUE\n",
    "pack/sibling.py": "from third_mine import (\n    VALUE,\n)\n",
    "loose/part.py": "def run():\n    import importlib\n    return importlib.import_module('lazy_mine')\n",
    "lazy_mine.py": "VALUE = 1\n",
}

WAYS = {
    "function": "from mine import helper\ndef f(): return helper()",
    "attribute": "import mine\ndef f(): return mine.helper()",
    "inside": "def f():\n    import mine\n    return mine.helper()",
    "from inside": "def f():\n    from mine import helper\n    return helper()",
    "class": "from mine import Config\ndef f(x=Config): return x.rate",
    "instance": "from mine import Config\nCONFIG = Config()\ndef f(): return CONFIG.rate",
    "closure": "from mine import helper\ndef make(g):\n    def f(): return g()\n    return f\nf = make(helper)",
    "method": "import mine\nclass A:\n    def run(self): return mine.RATE\nf = A().run",
}


@pytest.mark.parametrize("way", WAYS)
def test_an_edited_file_is_seen_however_it_is_used(way: str, project: Path) -> None:
    write(project, FILES)

    def now() -> str:
        return digest(cell(WAYS[way])["f"])

    before = now()
    assert now() == before
    for name in ("mine.py", "other_mine.py", "third_mine.py"):
        write(project, {name: FILES[name] + "# edited\n"})
        assert now() != before, name
        write(project, {name: FILES[name]})
        assert now() == before
    for name in ("unrelated_mine.py", "pack/inner.py"):
        write(project, {name: "edited = 1\n"})
        assert now() == before


@pytest.mark.parametrize(
    ("code", "seen"),
    [
        ("import pack.inner\ndef f(): return pack.inner.run()", ["pack/inner.py", "pack/sibling.py", "third_mine.py"]),
        ("from pack import inner\ndef f(): return inner.run()", ["pack/__init__.py", "pack/sibling.py"]),
        ("from loose import part\ndef f(): return part.run()", ["loose/part.py", "lazy_mine.py"]),
    ],
)
def test_a_package_counts_as_a_whole(code: str, seen: list[str], project: Path) -> None:
    write(project, FILES)
    before = digest(cell(code)["f"])
    for name in seen:
        write(project, {name: FILES[name] + "# edited\n"})
        assert digest(cell(code)["f"]) != before, name
        write(project, {name: FILES[name]})
    write(project, {"pack/new.py" if "pack" in code else "loose/new.py": ""})
    assert digest(cell(code)["f"]) != before


def test_what_a_build_imports_counts_and_not_what_this_process_made_of_it(project: Path) -> None:
    write(project, FILES)
    f = cell(WAYS["attribute"])["f"]
    before = digest(f)
    mine = importlib.import_module("mine")
    mine.RATE = 7  # type: ignore[attr-defined]  # of a file made by this test
    assert digest(f) == before


def test_a_function_that_a_module_no_longer_has_is_compared_as_it_is(project: Path) -> None:
    write(project, FILES)
    old = importlib.import_module("mine").helper
    write(project, {"mine.py": FILES["mine.py"].replace("return RATE", "return -RATE")})
    new = importlib.reload(sys.modules["mine"]).helper
    assert digest(old) != digest(new)


def test_a_module_that_is_missing_now_and_there_later_is_seen(project: Path) -> None:
    code = "def f():\n    try:\n        import fast_mine\n    except ImportError:\n        return 1"
    before = digest(cell(code)["f"])
    write(project, {"fast_mine.py": ""})
    assert digest(cell(code)["f"]) != before


def dist(project: Path, version: str, *, name: str = "Shown-Name", extra: dict[str, str] | None = None) -> None:
    info = f"site-packages/{name.replace('-', '_')}-{version}.dist-info"
    write(project, {
        "site-packages/brought/__init__.py": f"def run(): return {version!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/RECORD": "brought/__init__.py,sha256=abc,3\n",
        **{f"{info}/{file}": text for file, text in (extra or {}).items()},
    })  # fmt: skip


def test_an_installed_package_counts_by_its_version(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(project / "site-packages")
    dist(project, "1.0")
    f = cell("import brought\ndef f(): return brought.run()")["f"]
    before = digest(f)
    assert digest(f) == before
    next((project / "site-packages").glob("*.dist-info")).rename(project / "gone")
    dist(project, "1.1")
    assert digest(f) != before


def test_a_package_installed_from_a_directory_counts_by_its_files(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(project / "site-packages")
    dist(project, "1.0", extra={"direct_url.json": "{}"})
    f = cell("import brought\ndef f(): return brought.run()")["f"]
    before = digest(f)
    dist(project, "1.0", extra={"direct_url.json": "{}", "RECORD": "brought/__init__.py,sha256=def,3\n"})
    assert digest(f) != before


def test_a_module_that_no_distribution_brought_counts_by_its_file(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(project / "site-packages")
    dist(project, "1.0")
    write(project, {"site-packages/dropped.py": "A = 1\n"})
    f = cell("import dropped\ndef f(): return dropped.A")["f"]
    before = digest(f)
    write(project, {"site-packages/dropped.py": "A = 2\n"})
    assert digest(f) != before


def test_another_python_may_have_other_packages() -> None:
    n = cell("import json, pytest\ndef f(): return json.dumps(1)\ndef g(): return pytest.approx(1)")

    def problem(function: Any) -> str | None:
        return fingerprint_of_call(function, (), {}, foreign=True).problem

    assert problem(n["f"]) is None
    assert "needs the module pytest, which cannot be compared" in str(problem(n["g"]))


def test_too_much_code_of_the_users_own_is_not_compared(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(project, FILES)
    f = cell(WAYS["attribute"])["f"]
    monkeypatch.setattr(modules, "MAX_FILES", 2)
    assert "more than 2 files" in str(made(f).problem)
    monkeypatch.setattr(modules, "MAX_FILES", 100)
    monkeypatch.setattr(modules, "MAX_FILE_BYTES", 10)
    assert "the module mine, which cannot be compared" in str(made(f).problem)


def test_a_module_that_cannot_be_imported_elsewhere_is_not_compared() -> None:
    use, ghost = cell("def use(value): ...")["use"], type(sys)("ghost")
    told = "argument 'value', a module, is no module that another process can import"
    assert made(use, ghost).problem == told


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("import a", {"a"}),
        ("import a.b.c as d, e", {"a", "e"}),
        ("from a.b import c", {"a"}),
        ("from a import (\n  b,\n)", {"a"}),
        ("from . import a\nfrom .b import c", set()),
        ("x = 1; import a", {"a"}),
        ("try: import a\nexcept ImportError: import b", {"a", "b"}),
        ("import a, \\\n    b", {"a", "b"}),
        ("    import a", {"a"}),
        ("importlib.import_module('a.b')\n__import__(\"c\")", {"a", "c"}),
        ("from __future__ import annotations", set()),
    ],
)
def test_the_imports_of_a_file(source: str, names: set[str]) -> None:
    assert modules._imported_names(source.encode()) == names
