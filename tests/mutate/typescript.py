"""The TypeScript parts, with Stryker: each in a copy of the core's sources, with the tests of its modules only."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.mutate.results import Fate, Mutant

_FRONTEND: Final = Path("buildwidget/frontend")

_FATES: Final[dict[str, Fate]] = {
    "Killed": "killed",
    "Survived": "survived",
    "Timeout": "timeout",
    "NoCoverage": "untested",
}

_REPORT: Final = "mutation.json"
_SETTINGS: Final[dict[str, Any]] = {
    "testRunner": "vitest",
    "plugins": ["@stryker-mutator/vitest-runner"],
    "vitest": {"configFile": "vitest.config.mjs", "related": False},
    "inPlace": True,  # this is a copy already; and the tests read files beside the front end
    "reporters": ["json", "progress-append-only"],
    "jsonReporter": {"fileName": _REPORT},
    "timeoutMS": 5_000,
    "timeoutFactor": 3,
    "dryRunTimeoutMinutes": 5,
    "allowConsoleColors": False,
    "checkers": [],
}

# Stryker itself sees to the time, as a busy machine needs it. The files of one run share what they import, which is
# most of the work; each mutant has a run of its own.
_VITEST: Final = "export default { test: { include: %s, setupFiles: %s, testTimeout: 60_000, isolate: false } };\n"
# Fast-check tries the same values every time.
_SEED: Final = 'import fc from "fast-check";\nfc.configureGlobal({ seed: 1 });\n'


@dataclass(frozen=True, slots=True)
class Part:
    """Files that are mutated, and the tests that should notice; below the front end's directory."""

    files: tuple[str, ...]
    tests: tuple[str, ...]
    has_properties: bool = False

    def run(self, root: Path, work: Path, workers: int) -> list[Mutant]:
        """Try every mutant, ``workers`` at a time; ``work`` is made anew, but for its packages."""
        frontend = work.parent / "typescript" / _FRONTEND
        _install(root / "tests" / "mutate", frontend / "tools")
        _copy(root, work.parent / "typescript")
        settings = {**_SETTINGS, "mutate": [*self.files, "!**/*.test.ts"], "concurrency": workers}
        (frontend / "vitest.config.mjs").write_text(
            _VITEST % (json.dumps(self.tests), json.dumps(["./seed.mjs"] if self.has_properties else [])), "utf-8"
        )
        (frontend / "seed.mjs").write_text(_SEED, "utf-8")
        (frontend / "stryker.config.json").write_text(json.dumps(settings), "utf-8")
        stryker = "tools/node_modules/@stryker-mutator/core/bin/stryker.js"
        subprocess.run(["node", stryker, "run", "stryker.config.json"], cwd=frontend, check=True)
        return results(json.loads((frontend / _REPORT).read_text("utf-8")))


_FOLD_TESTS: Final = ("core/reducer.test.ts", "core/fold/*.test.ts")

PARTS: Final[dict[str, Part]] = {
    "connection": Part(
        ("core/connection.ts",), ("core/connection.test.ts", "core/connection.edges.test.ts"), has_properties=True
    ),
    "client": Part(("core/client.ts",), ("core/client.test.ts", "core/client.edges.test.ts")),
    "reducer": Part(
        (
            "core/reducer.ts",
            "core/fold/metadata.ts",
            "core/fold/upserts.ts",
            "core/fold/rows.ts",
            "core/fold/sharing.ts",
        ),
        _FOLD_TESTS,
    ),
    "sections": Part(("core/fold/sections.ts",), _FOLD_TESTS),
}


def _install(wanted: Path, tools: Path) -> None:
    """Stryker below the copy of the front end, from where its runner finds the Vitest that the tests import."""
    tools.mkdir(parents=True, exist_ok=True)
    stamp = tools / "node_modules" / ".installed"
    lock = (wanted / "package-lock.json").read_text("utf-8")
    if stamp.is_file() and stamp.read_text("utf-8") == lock:
        return
    for name in ("package.json", "package-lock.json"):
        shutil.copy(wanted / name, tools / name)
    # A peer that npm installed would be a second Vitest.
    subprocess.run(
        ["npm", "ci", "--legacy-peer-deps", "--no-audit", "--no-fund", "--loglevel=error"], cwd=tools, check=True
    )
    stamp.write_text(lock, "utf-8")


def _copy(root: Path, work: Path) -> None:
    for name in (_FRONTEND / "core", Path("tests/protocol/golden")):
        shutil.rmtree(work / name, ignore_errors=True)
        shutil.copytree(root / name, work / name)
    for settings in ("package.json", "tsconfig.json"):
        shutil.copy(root / _FRONTEND / settings, work / _FRONTEND / settings)
    packages = work / _FRONTEND / "node_modules"
    packages.unlink(missing_ok=True)
    packages.symlink_to(root / _FRONTEND / "node_modules")


def results(report: dict[str, Any]) -> list[Mutant]:
    """What became of the mutants, as Stryker's report has it."""
    found = []
    for name, file in report["files"].items():
        lines = file["source"].splitlines()
        for mutant in sorted(file["mutants"], key=lambda mutant: mutant["location"]["start"]["line"]):
            fate = _FATES.get(mutant["status"], "other")
            found.append(Mutant(str(_FRONTEND / name), fate, _change(lines, mutant)))
    return found


def _change(lines: list[str], mutant: dict[str, Any]) -> str:
    start, end = mutant["location"]["start"], mutant["location"]["end"]
    old = lines[start["line"] - 1 : end["line"]]
    before, after = old[0][: start["column"] - 1], old[-1][end["column"] - 1 :]
    new = f"{before}{mutant['replacement']}{after}".splitlines()
    shown = [*(f"- {line}" for line in old), *(f"+ {line}" for line in new)]
    return "\n".join([f"line {start['line']}, {mutant['mutatorName']}", *shown])
