"""Texts in which a secret stands: what is stored, and that they are whole again."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from buildwidget.runner.hidden import hide_in_command, hide_secrets, secret_names, whole_command, whole_text

SECRETS = {"A_TOKEN": "aaaa-bbbb", "B_TOKEN": "aaaa-bbbb-cccc", "DB": "pg://me:pass%20word9@host/db"}


def test_the_longest_secret_is_hidden_first_and_comes_back() -> None:
    prompt = "Use aaaa-bbbb-cccc, aaaa-bbbb and pass word9."
    stored, parts = hide_secrets(prompt, SECRETS)
    assert stored == "Use ***, *** and ***."
    assert secret_names(parts) == set(SECRETS)
    assert whole_text(stored, parts, SECRETS) == prompt
    assert whole_text(stored, parts, {}) == stored
    assert hide_secrets("Nothing.", SECRETS) == ("Nothing.", [])


def test_a_shell_line_and_a_list_of_words() -> None:
    shown, parts = hide_in_command("curl -H 'Token: aaaa-bbbb' | tee x", SECRETS)
    assert shown == "curl -H 'Token: ***' | tee x"
    assert whole_command({"command": shown, "command_parts": parts}, SECRETS) == "curl -H 'Token: aaaa-bbbb' | tee x"
    shown, parts = hide_in_command(["curl", "-u", "me:aaaa-bbbb"], SECRETS)
    assert shown == ["curl", "-u", "me:***"]
    assert whole_command({"command": shown, "command_parts": parts}, SECRETS) == ["curl", "-u", "me:aaaa-bbbb"]


def test_a_command_without_secrets_has_no_parts() -> None:
    assert hide_in_command("make -j2", SECRETS) == ("make -j2", None)
    assert whole_command({"command": ["make", "-j2"]}, {}) == ["make", "-j2"]


_KEY = "-----BEGIN-----\nabcdefghijklmnopqrst\n-----END-----"
_PIECES = st.sampled_from(
    ["aaaa-bbbb", "aaaa-bbbb-cccc", "pass word9", "pass%20word9", _KEY, json.dumps(_KEY), "x", "a"]
)


@given(st.lists(st.one_of(_PIECES, st.text(max_size=5))))
def test_whatever_is_hidden_comes_back(pieces: list[str]) -> None:
    secrets = {**SECRETS, "A_KEY": "not looked at", "SIGNING_KEY": _KEY}
    text = "".join(pieces)
    shown, parts = hide_secrets(text, secrets)
    assert whole_text(shown, json.loads(json.dumps(parts)), secrets) == text
    assert not any(secret in shown + json.dumps(parts) for secret in ("aaaa-bbbb", "pass word9", "abcdefghijklmnop"))
