"""Ordinary logs on ordinary machines: nothing of them is masked."""

from __future__ import annotations

import base64
import random
import string
from pathlib import Path

import pytest

from buildwidget.runner.secrets import Masker, secret_values, split_environment
from tests.unit.runner.secrets.feeding import fed

PARTS = Path(__file__).with_name("ordinary_logs.txt").read_text("utf-8").split("=== ")[1:]
LOGS = {name: text for name, _, text in (part.partition("\n") for part in PARTS)}

USUAL = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/home/me",
    "PWD": "/home/me/project",
    "USER": "postgres",
    "LANG": "en_US.UTF-8",
    "LS_COLORS": "rs=0:di=01;34:ln=01;36:mh=00:pi=40;33:so=01;35:*.tar=01;31:*.tgz=01;31",
    "SSH_AUTH_SOCK": "/run/user/1000/keyring/ssh",
    "SSH_CONNECTION": "10.0.0.7 51234 10.0.0.8 22",
    "XAUTHORITY": "/run/user/1000/.Xauthority",
    "DBUS_SESSION_BUS_ADDRESS": "unix:path=/run/user/1000/bus",
    "GPG_KEY": "A035C8C19219BA821ECEA86B64E628F8D684696D",
    "PYTHON_SHA256": "bc0bb3ee3d8d6dd6e3a0e1e7b4b3d5a5c0d1e2f3a4b5c6d7e8f9a0b1c2d3e4f5",
    "KITTY_PUBLIC_KEY": "1:abcdefghijklmnopqrstuvwxyz0123456789",
    "TOKENIZERS_PARALLELISM": "false",
    "SECRETS_PATH": "/var/run/secrets",
    "VSCODE_GIT_ASKPASS_NODE": "/usr/share/code/code",
    "PIP_INDEX_URL": "https://mirror.example.com/simple",
    "DATABASE_URL": "postgresql://postgres:postgres@localhost:5432/postgres",
    "REDIS_URL": "redis://localhost:6379/0",
    "DB_PASS": "production",
    "DB_PASSWORD": "password",
    "MYSQL_PASSWORD": "changeme",
    "SECRET_KEY": "development",
    "AUTH": "disabled",
    "API_KEY": "your-api-key-here",
    "APP_TOKEN": "undefined",
    "CACHE_TOKEN": "localhost",
    "PRIMARY_KEY": "customer_id",
    "STATE_KEY": "user_id.hash",
    "SSH_KEY": "/home/me/.ssh/id_rsa",
    "KUBE_TOKEN": "/var/run/secrets/kubernetes.io/serviceaccount",
    "SERVICE_PASSWORD": "********",
    "TLS_SECRET": "optional",
    "STORAGE_KEY": "database",
    "JUPYTER_TOKEN": "",
    "DEBUG_TOKEN": "true",
}


def drawn(count: int) -> dict[str, str]:
    dice = random.Random(23)
    letters = string.ascii_letters + string.digits + "+/-_"
    return {
        f"A{number}_TOKEN": "".join(dice.choices(letters, k=dice.choice([8, 12, 20, 40]))) for number in range(count)
    }


@pytest.fixture(scope="module")
def masker() -> Masker:
    """Of a usual machine, with twenty secrets besides."""
    return Masker(secret_values(split_environment({**USUAL, **drawn(20)})[1]))


def test_there_are_enough_logs() -> None:
    assert len(LOGS) + len(BULK) >= 20


@pytest.mark.parametrize("name", LOGS)
def test_nothing_of_an_ordinary_log_is_masked(name: str, masker: Masker) -> None:
    text = LOGS[name]
    assert masker.mask(text) == text
    data = text.encode()
    assert fed(masker, data, range(0, len(data), 7)) == data


_DICE = random.Random(29)
BULK = {
    "env": "".join(f"{name}={value}\n" for name, value in USUAL.items() if name != "DATABASE_URL"),
    "hexdump": "".join(f"{at:08x}  {_DICE.randbytes(16).hex(' ')}\n" for at in range(0, 200_000, 16)),
    "base64 image": base64.encodebytes(_DICE.randbytes(200_000)).decode(),
    "checksums": "".join(f"{_DICE.randbytes(32).hex()}  file-{number}.bin\n" for number in range(3_000)),
    "numbers": "".join(f"{_DICE.random():.17g}, {_DICE.getrandbits(40)}\n" for _ in range(10_000)),
}


@pytest.mark.parametrize("name", BULK)
def test_nothing_of_much_random_output_is_masked(name: str, masker: Masker) -> None:
    assert masker.mask(BULK[name]) is BULK[name]


def test_only_the_password_of_the_url_is_masked_in_the_environment(masker: Masker) -> None:
    url = USUAL["DATABASE_URL"]
    assert masker.mask(f"DATABASE_URL={url} as postgres") == (
        "DATABASE_URL=postgresql://postgres:***@localhost:5432/postgres as postgres"
    )
