"""Records what real programs draw on a build's terminal.

Run ``python -m tests.unit.runner.terminal.recordings.record [name...]``.

Each program of ``programs/`` runs on the pty of a build. What it writes is kept as a list of reads, each the
seconds since the start and the text. The programs need tqdm, rich, keras 3, transformers and pip, for which another
Python may be given in BARS_PYTHON; keras 2 is read from its unpacked wheel, whose directory is in KERAS2.
"""

from __future__ import annotations

import codecs
import json
import os
import sys
import time
from pathlib import Path

from buildwidget.runner.command import CommandSpec
from tests.unit.runner.running import run_command

HERE = Path(__file__).parent


def record(program: Path) -> None:
    """Runs one program and writes its recording."""
    reads: list[tuple[float, str]] = []
    start = time.monotonic()
    decoder = codecs.getincrementaldecoder("utf-8")()  # a character that a read cut belongs to the next one

    def on_output(_stream: str, data: bytes) -> None:
        reads.append((round(time.monotonic() - start, 3), decoder.decode(data)))

    python = os.environ.get("BARS_PYTHON", sys.executable)
    kept = {name: os.environ[name] for name in ("PATH", "KERAS2") if name in os.environ}
    spec = CommandSpec([python, str(program)], cwd="/", env={**kept, "PYTHONUNBUFFERED": ""})
    code = run_command(spec, on_output)
    lines = [json.dumps(read, ensure_ascii=False) for read in reads]
    (HERE / f"{program.stem}.json").write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")
    sys.stdout.write(
        f"{program.stem}: exit {code}, {len(reads)} reads, {sum(len(text) for _, text in reads)} characters\n"
    )


if __name__ == "__main__":
    for path in sorted((HERE / "programs").glob("*.py")):
        if not sys.argv[1:] or path.stem in sys.argv[1:]:
            record(path)
