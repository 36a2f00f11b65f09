"""Real builds that print, report and name their files after secrets: nothing of them is in the database or on disk."""

from __future__ import annotations

import json
import random
import string
from pathlib import Path

import pytest

from buildwidget.launching import Options, prepare, submit
from buildwidget.runner.artifact_paths import find_artifact
from buildwidget.runner.build_dir import build_dir
from buildwidget.runner.secrets.forms import forms_of
from tests.runner.builds import Builds

SECRETS = 200
PRINTER = """
import json, os, random, sys, textwrap
from buildwidget import report

dice = random.Random(5)
texts = json.loads(open("texts.json").read())
out = sys.stdout.buffer

def write(data):
    while data:
        size = dice.choice([1, 3, 7, 20, 300, 5000])
        out.write(data[:size])
        data = data[size:]
        out.flush()

for number, pieces in enumerate(texts):
    text = "".join(os.environ[piece["name"]] if isinstance(piece, dict) else piece for piece in pieces)
    form = text
    way = number % 6
    if way == 1:
        form = "\\n".join(text[at:at + 20] for at in range(0, len(text), 20))
    elif way == 2:
        form = text[:5] + "\\x1b[31m" + text[5:9] + "\\x1b[0m" + text[9:]
    elif way == 3:
        form = "\\r\\n".join(text[at:at + 76] for at in range(0, len(text), 76))
    elif way == 4:
        form = "x" * 113 + " " + text[:6] + "\\n" + text[6:]
    write(f"line {number} {form} end\\n".encode())
    if number % 50 == 0:
        report.text(f"{text} ", id="t", append=True)
        report.log(f"{text[:11]}\\n{text[11:]}")
"""


def drawn(count: int) -> list[str]:
    dice = random.Random(17)
    letters = string.ascii_letters + string.digits + "+/=-_.!@#$%&<>'\"\\"
    return ["".join(dice.choices(letters, k=dice.choice([8, 11, 16, 20, 32, 40, 64, 90]))) for _ in range(count)]


def flat(data: bytes) -> bytes:
    return data.translate(None, bytes(range(33)) + b"\x7f").lower()


def test_200_secrets_in_all_their_forms_leave_no_trace(builds: Builds, tmp_path: Path) -> None:
    secrets = drawn(SECRETS)
    env = {f"A{number}_TOKEN": value for number, value in enumerate(secrets)}
    work = tmp_path / "work"
    work.mkdir()
    # The forms themselves are secret too: they are in no file of the build, only in the working directory.
    forms = [list(forms_of(secret).values()) for secret in secrets]
    dice = random.Random(3)
    texts = [[form] for each in forms for form in dice.sample(each, min(len(each), 12))]
    (work / "texts.json").write_text(json.dumps(texts))
    (work / "printer.py").write_text(PRINTER)
    build_id = builds.command(
        ["python", "printer.py"], secrets=env, secret_names=list(env), cwd=str(work), slotted=False
    )
    assert builds.wait_for(build_id, timeout=110).status == "succeeded"
    files = [path for path in (tmp_path / "data").rglob("*") if path.is_file()]
    stored = b"".join(path.read_bytes() for path in files)
    assert b"end" in stored
    lines = flat("".join(builds.lines(build_id)).encode())
    for secret, each in zip(secrets, forms, strict=True):
        for form in each:
            wanted = flat(form.encode())
            assert wanted not in flat(stored), (secret, form)
            for at in range(0, len(wanted) - 15, 8):  # no long piece of it either
                assert wanted[at : at + 16] not in lines, (secret, form, wanted[at : at + 16])


def test_what_a_user_gives_is_stored_without_secrets_and_used_with_them(
    builds: Builds, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "Sw0rdfish-42-Xy"
    monkeypatch.setenv("MY_API_KEY", secret)
    work = tmp_path / f"in-{secret}"
    work.mkdir()
    options = Options(
        name=f"n {secret}",
        project=f"p {secret}",
        key=f"k {secret}",
        cwd=work,
        tags=[f"t {secret}"],
        env={"ARGS": f"--token={secret}", "SEED": "1"},
    )
    command = f"echo {secret.upper()} > out-{secret}; echo $ARGS > args; pwd"
    request = prepare(command, (), {}, options)
    record, new = submit(builds.store, "tester", request)
    assert new
    again, fresh = submit(builds.store, "tester", prepare(command, (), {}, options))
    assert (again.summary.id, fresh) == (record.summary.id, False)
    builds.wait_for(record.summary.id)
    assert (work / f"out-{secret}").read_text() == f"{secret.upper()}\n"
    assert (work / "args").read_text() == f"--token={secret}\n"
    stored = b"".join(path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file())
    assert secret.lower().encode() not in stored.lower()
    summary = builds.store.record(record.summary.id).summary
    assert (summary.project, summary.key) == ("p ***(MY_API_KEY)", "k ***(MY_API_KEY)")
    assert (summary.name, summary.tags) == ("n ***", ["t ***"])


def test_an_artifact_with_a_secret_in_its_path_is_found_again(builds: Builds, tmp_path: Path) -> None:
    secret = "Sw0rdfish-42-Xy"
    code = (
        "import os; from buildwidget import report\n"
        "s = os.environ['MY_API_KEY']\n"
        "os.makedirs('out/' + s)\n"
        "for name in (s + '.pt', s[::-1] + '.pt', 'plain.pt'):\n"
        "    open('out/' + s + '/' + name, 'w').write(name)\n"
        "    report.artifact('out/' + s + '/' + name)\n"
        "open('out/' + s + '/other.pt', 'w').close()\n"
    )
    build_id = builds.python(code, secrets={"MY_API_KEY": secret}, secret_names=["MY_API_KEY"], cwd=str(tmp_path))
    rows = builds.wait_for(build_id).artifacts
    assert [row.path for row in rows] == ["out/***/***.pt", "out/***-2/***.pt", "out/***/plain.pt"]
    found = [find_artifact(build_id, str(tmp_path), row.path) for row in rows]
    folder = f"out/{secret}"
    assert found == [f"{folder}/{secret}.pt", f"{folder}/{secret[::-1]}.pt", f"{folder}/plain.pt"]
    kept = b"".join(path.read_bytes() for path in build_dir(build_id).rglob("*") if path.is_file())
    assert secret.encode() not in kept
    assert find_artifact(build_id, str(tmp_path), "../***") is None
    assert find_artifact("gone", str(tmp_path), "out/***/plain.pt") == f"{folder}/plain.pt"
    assert find_artifact("gone", str(tmp_path), "out/***/***.pt") is None  # several fit
