"""What a call changed in files reads the same whichever agent made it."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from buildwidget.runner.agents.changes import changes_of_claude, changes_of_codex
from tests.agents.replay import events_of, lines_of, session_of, state_of

CWD = "/home/user/project"
TEXTS = st.text(alphabet="ab+-@ \n\r\u2028", max_size=30)


def changes_in(name: str) -> list[dict[str, Any]]:
    tools = state_of(events_of(session_of(name), lines_of(name))).tools
    holders = [each for tool in tools for each in (tool.input, tool.output) if isinstance(each, dict)]
    return [change for each in holders for change in each.get("changes", [])]


def test_changes_of_claude_code() -> None:
    told = [
        (change["path"], change["kind"], change["added"], change["removed"])
        for change in changes_in("claude-2.1.330/files")
    ]
    assert told == [
        ("empty.txt", "add", 0, 0),
        ("fresh.txt", "add", 2, 0),
        ("old.txt", "update", 2, 1),
        ("old.txt", "update", 1, 31),
        ("n.ipynb", "update", 1, 1),
        ("n.ipynb", "update", 1, 0),
        ("n.ipynb", "update", 0, 2),
    ]
    diffs = [change["diff"] for change in changes_in("claude-2.1.330/files")]
    assert diffs[1] == "@@ -0,0 +1,2 @@\n+a\n+b\n\\ No newline at end of file\n"
    assert diffs[2].startswith("@@ -1,7 +1,8 @@\n line 0\n line 1\n line 2\n-line 3\n+LINE\n+3\n line 4\n")
    assert diffs[4] == "@@ -1,2 +1,2 @@ cell c1\n x=1\n-y=2\n+y=3\n"


def test_changes_of_codex() -> None:
    gone, moved, fresh, old = changes_in("codex-app-server-0.163.0/files")
    assert gone == {"path": "gone.txt", "kind": "delete", "added": 0, "removed": 2, "diff": "@@ -1,2 +0,0 @@\n-x\n-y\n"}
    assert (moved["path"], moved["moved_to"]) == ("mv.txt", "moved.txt")
    assert moved["diff"] == "@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n"
    assert (fresh["path"], fresh["diff"]) == ("new.txt", "@@ -0,0 +1,2 @@\n+a\n+b\n")
    assert (old["added"], old["removed"], old["diff"].count("@@ -")) == (2, 1, 2)
    artifacts = state_of(
        events_of(session_of("codex-app-server-0.163.0/files"), lines_of("codex-app-server-0.163.0/files"))
    ).artifacts
    assert [artifact.path for artifact in artifacts] == ["moved.txt", "new.txt", "old.txt"]


def test_what_tells_no_diff_tells_the_file() -> None:
    assert changes_in("codex-exec-0.169.0/plan")[0] == {"path": "hello.py", "kind": "add"}
    assert changes_of_claude("a text", CWD) is None
    assert changes_of_claude({"filePath": "x"}, CWD) is None


@given(TEXTS)
def test_a_new_file_can_be_read_off_its_diff(text: str) -> None:
    created = {"filePath": f"{CWD}/a", "type": "create", "content": text, "structuredPatch": []}
    told = changes_of_claude(created, CWD)
    assert told == changes_of_codex([{"path": f"{CWD}/a", "kind": {"type": "add"}, "diff": text}], CWD)
    assert told is not None
    diff = told[0]["diff"]
    body = diff.partition("\n")[2].removesuffix("\\ No newline at end of file\n")
    read = "".join(f"{line[1:]}\n" for line in body.split("\n")[:-1])
    assert (read if read == text else read.removesuffix("\n")) == text
    assert told[0]["added"] == body.count("\n")


@given(TEXTS, TEXTS)
def test_a_cell_can_be_read_off_its_diff(old: str, new: str) -> None:
    edited = {"notebook_path": "n.ipynb", "cell_id": "c", "edit_mode": "replace", "old_source": old, "new_source": new}
    (change,) = changes_of_claude(edited, CWD) or []
    lines = [line for line in change["diff"].split("\n") if not line.startswith("@@ -")]
    kept_new = [line[1:] for line in lines if line[:1] in ("+", " ")]
    kept_old = [line[1:] for line in lines if line[:1] in ("-", " ")]
    same = old.splitlines() == new.splitlines()
    assert same == (change["diff"] == "")
    if not same and max(len(old), len(new)) < 6:  # no line left out between hunks
        assert (kept_old, kept_new) == (old.splitlines(), new.splitlines())
