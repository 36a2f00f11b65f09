"""Texts in which a secret stands: what is stored, and that they are whole again."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildwidget.errors import LaunchError
from buildwidget.runner.hidden import Hider, hide_places, secret_names, whole_command, whole_places, whole_text

SECRETS = {"A_TOKEN": "aaaa-bbbb", "B_TOKEN": "aaaa-bbbb-cccc", "DB": "pg://me:pass%20word9@host/db"}
HIDER = Hider(SECRETS)


def test_the_longest_secret_is_hidden_first_and_comes_back() -> None:
    prompt = "Use aaaa-bbbb-cccc, aaaa-bbbb and pass word9."
    stored, parts = HIDER.hide(prompt)
    assert stored == "Use ***, *** and ***."
    assert secret_names(parts) == set(SECRETS)
    assert whole_text(stored, parts, SECRETS) == prompt
    assert whole_text(stored, parts, {}) == stored
    assert HIDER.hide("Nothing.") == ("Nothing.", [])


def test_a_shell_line_and_a_list_of_words() -> None:
    shown, parts = HIDER.hide_command("curl -H 'Token: aaaa-bbbb' | tee x")
    assert shown == "curl -H 'Token: ***' | tee x"
    assert whole_command({"command": shown, "command_parts": parts}, SECRETS) == "curl -H 'Token: aaaa-bbbb' | tee x"
    shown, parts = HIDER.hide_command(["curl", "-u", "me:aaaa-bbbb"])
    assert shown == ["curl", "-u", "me:***"]
    assert whole_command({"command": shown, "command_parts": parts}, SECRETS) == ["curl", "-u", "me:aaaa-bbbb"]


def test_a_command_without_secrets_has_no_parts() -> None:
    assert HIDER.hide_command("make -j2") == ("make -j2", None)
    assert whole_command({"command": ["make", "-j2"]}, {}) == ["make", "-j2"]


_KEY = "-----BEGIN-----\nabcdefghijklmnopqrst\n-----END-----"
_PIECES = st.sampled_from(
    ["aaaa-bbbb", "aaaa-bbbb-cccc", "pass word9", "pass%20word9", _KEY, json.dumps(_KEY), "x", "a"]
)


@given(st.lists(st.one_of(_PIECES, st.text(max_size=5))))
def test_whatever_is_hidden_comes_back(pieces: list[str]) -> None:
    secrets = {**SECRETS, "SIGNING_KEY": _KEY}
    text = "".join(pieces)
    shown, parts = Hider(secrets).hide(text)
    assert whole_text(shown, json.loads(json.dumps(parts)), secrets) == text
    assert not any(secret in shown + json.dumps(parts) for secret in ("aaaa-bbbb", "pass word9", "abcdefghijklmnop"))


@pytest.mark.parametrize(
    "text",
    [
        "curl -u me:AAAA-bbbb",
        "echo aaaa\n  -bbbb",
        f"Authorization: Basic {base64.b64encode(b'me:aaaa-bbbb-cccc').decode()}",
        f"x{base64.b64encode(b'12aaaa-bbbb-cccc').decode()}y aaaa-bbbbaaaa-bbbb-cccc",
        "61:61:61:61:2d:62:62:62:62 bbbb-aaaa",
        "the end is aaaa-bbbb-cc",
        "\x1b[1maaaa\x1b[0m-bbbb",
        "pass%20WORD9 PASS word9",
    ],
)
def test_every_form_that_is_hidden_comes_back(text: str) -> None:
    shown, parts = HIDER.hide(text)
    assert "***" in shown
    assert whole_text(shown, json.loads(json.dumps(parts)), SECRETS) == text
    assert not any(secret in (shown + json.dumps(parts)).lower() for secret in ("aaaa-bbbb", "word9"))


def test_a_secret_that_was_replaced_is_taken_anew() -> None:
    shown, parts = HIDER.hide("run aaaa-bbbb-cccc")
    assert whole_text(shown, parts, {**SECRETS, "B_TOKEN": "another-and-longer-one"}) == "run another-and-longer-one"


def test_what_only_a_pattern_finds_travels_in_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUILDWIDGET_SECRET_PATTERNS", "sk-[a-z0-9]{20,}")
    value = "sk-" + "a1" * 12
    hider = Hider({})
    shown, parts = hider.hide(f"login {value} && login {value}")
    assert shown == "login *** && login ***"
    assert secret_names(parts) == {"BUILDWIDGET_HIDDEN_1"}
    assert hider.secrets == {"BUILDWIDGET_HIDDEN_1": value}
    assert whole_text(shown, parts, hider.secrets) == f"login {value} && login {value}"
    assert hider.label(f"deploy-{value}") == "deploy-***"


def test_a_label_names_the_variable_and_stays_as_it_is() -> None:
    assert HIDER.label("deploy-aaaa-bbbb") == "deploy-***(A_TOKEN)"
    assert HIDER.label("deploy-aaaa-bbbb-cccc") == "deploy-***(B_TOKEN)"
    assert HIDER.label("deploy-***(A_TOKEN)") == "deploy-***(A_TOKEN)"
    assert HIDER.label("deploy") == "deploy"
    assert HIDER.label(None) is None


def test_a_plain_variable_in_which_a_secret_stands_is_not_stored() -> None:
    plain, secret = HIDER.split({"ARGS": "--token aaaa-bbbb", "SEED": "1"})
    assert (plain, secret) == ({"SEED": "1"}, {"ARGS": "--token aaaa-bbbb"})
    with pytest.raises(LaunchError, match=r"\*\*\*_X"):
        HIDER.split({"aaaa-bbbb_X": "1"})


def test_directories_and_programs_are_hidden_and_come_back() -> None:
    spec = {"cwd": "/data/aaaa-bbbb/x", "python": "/usr/bin/python3"}
    hidden = hide_places(spec, HIDER)
    assert hidden["cwd"] == "/data/***/x"
    assert whole_places(hidden, SECRETS)["cwd"] == spec["cwd"]
    assert whole_places(hidden, {})["cwd"] == "/data/***/x"
    assert hide_places({"cwd": "/data"}, HIDER) == {"cwd": "/data"}


def test_an_error_is_said_without_the_secret() -> None:
    with pytest.raises(LaunchError, match=r"^No \*\*\*\.$") as caught, HIDER.errors():
        raise LaunchError("No aaaa-bbbb.", field="cwd", code="x")
    assert (caught.value.field, caught.value.code) == ("cwd", "x")
