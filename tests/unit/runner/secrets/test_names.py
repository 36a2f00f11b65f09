"""Which variables are secret."""

from __future__ import annotations

import pytest

from buildwidget.runner.secrets import Secret, looks_secret, secret_values, split_environment

LOOK_SECRET = """
HF_TOKEN GITHUB_TOKEN NPMTOKEN TOKEN TOKEN_2 github_token AWS_SESSION_TOKEN PGPASSWORD MYSQL_PWD DB_PASSWD
GPG_PASSPHRASE CLIENT_SECRET SECRETS SECRET_KEY OPENAI_API_KEY STRIPE_APIKEY my-api-key AWS_ACCESS_KEY_ID
AWS_SECRET_ACCESS_KEY SSH_PRIVATE_KEY AZURE_STORAGE_KEY AZURE_STORAGE_CONNECTION_STRING NPM_AUTH AUTH_HEADER
DOCKER_AUTH_CONFIG CREDENTIALS SESSION_COOKIE GH_PAT SLACK_WEBHOOK_URL OPENAI_KEY DB_PASS KAGGLE_KEY SSHPASS DBPASS
MYSQLPWD APP_PWD SENTRY_DSN WANDB_KEY NPM_CONFIG__AUTH CI_JOB_JWT AZURE_STORAGE_SAS_TOKEN ARM_ACCESS_KEY GCP_SA_KEY
GCLOUD_SERVICE_KEY DD_APP_KEY STRIPE_KEY_LIVE OPENAI_KEY_2 openaiKey dbPassword TWINE_PASSWORD LDAP_PW
DISCORD_WEBHOOK_URL AIRFLOW__CORE__FERNET_KEY KUBE_CONFIG_DATA DOCKERHUB_PASS AZURE_CREDENTIALS GITLAB_TOKEN
HUGGING_FACE_HUB_TOKEN NODE_AUTH_TOKEN DOCKER_PASSWORD GOOGLE_API_KEY GOOGLE_CREDENTIALS VAULT_TOKEN
"""
DO_NOT = """
PWD OLDPWD SSH_AUTH_SOCK XAUTHORITY PATH HOME AUTHOR GIT_AUTHOR_NAME TOKENIZERS_PARALLELISM MONKEY KEYBOARD KEY
GOOGLE_APPLICATION_CREDENTIALS AWS_SHARED_CREDENTIALS_FILE OAUTH_TOKEN_URL SECRET_NAME AUTH_TYPE PATTERN
SUDO_ASKPASS GPG_AGENT_INFO DBUS_SESSION_BUS_ADDRESS TOKEN_TTL COMPASS SSH_KEY_PATH PRIMARY_KEY KEYMAP CACHE_KEY
SORT_KEY KITTY_PUBLIC_KEY GPG_KEY KEYTIMEOUT BYPASS SSH_ASKPASS CREDENTIALS_DIRECTORY HOTKEY KEYBOARD_LAYOUT AUTH_USER
"""


@pytest.mark.parametrize("name", LOOK_SECRET.split())
def test_names_that_look_secret(name: str) -> None:
    assert looks_secret(name)


@pytest.mark.parametrize("name", DO_NOT.split())
def test_names_that_do_not(name: str) -> None:
    assert not looks_secret(name)


ORDINARY = {
    "DB_PASS": "production",
    "API_KEY": "your-api-key-here",
    "A_TOKEN": "${GITHUB_TOKEN}",
    "SSH_KEY": "/home/me/.ssh/id_rsa",
    "KUBE_TOKEN": "/var/run/secrets/token",
    "STATE_KEY": "customer_id",
    "A_SECRET": "================",
    "B_PASSWORD": "password",
    "AUTH": "disabled",
    "B_KEY": "C:\\Users\\me\\key.pem",
    "C_KEY": "~/keys/a.pem",
    "D_PASSWORD": "short",
}


def test_ordinary_values_are_no_secrets_whatever_their_names() -> None:
    assert split_environment(ORDINARY) == (ORDINARY, {})


def test_values_of_machines_are_secrets_even_if_they_begin_like_a_path() -> None:
    env = {
        "AWS_SECRET_ACCESS_KEY": "/Jalr/UtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "DB_PASS": "correcthorse",
        "A_KEY": "abcdefghijklmnopqrstuvwxyz",
    }
    assert split_environment(env) == ({}, env)


PG = "postgres://postgres:postgres@localhost/x"
INSIDE: list[tuple[str, str, list[Secret]]] = [
    ("A", "postgres://me:correcthorse@db/x", [Secret("correcthorse")]),
    ("A", "any+scheme://:hunter22hunter@h", [Secret("hunter22hunter")]),
    ("A", "host=x user=me password=s3cretpass dbname=y", [Secret("s3cretpass")]),
    ("A", "Server=tcp:x;User ID=me;Password='p;w 12345';Encrypt=yes", [Secret("p;w 12345")]),
    ("A", "EndpointsProtocol=https;AccountName=x;AccountKey=abcDEF123456+/==;B=c", [Secret("abcDEF123456+/==")]),
    ("A", "jdbc:postgresql://host/db?user=me&password=secret99", [Secret("secret99")]),
    (
        "A",
        "https://ghp_0123456789012345678901234567890123456@github.com/x",
        [Secret("ghp_" + "0123456789" * 3 + "0123456")],
    ),
    ("A", PG, [Secret("postgres", "//postgres:", "@")]),
    ("A", "http://me:ab%40@host", [Secret("ab%40", "//me:", "@"), Secret("ab@", "//me:", "@")]),
    ("A", "git -c http.extraheader='Authorization: Basic dXNlcjpodW50ZXIyMg=='", [Secret("dXNlcjpodW50ZXIyMg==")]),
    ("A_AUTH", "Bearer abcd1234efgh", [Secret("Bearer abcd1234efgh"), Secret("abcd1234efgh")]),
    ("LS_COLORS", "rs=0:di=01;34:ln=01;36:*.tar=01;31", []),
    ("PS1", r"\u@\h:\w\$ ", []),
    ("DISPLAY", "localhost:10.0", []),
    ("A", "sqlite:////tmp/builds.db", []),
    ("A", "https://example.org/a:b@c", []),
]


@pytest.mark.parametrize(("name", "value", "secrets"), INSIDE)
def test_secrets_in_values(name: str, value: str, secrets: list[Secret]) -> None:
    assert secret_values({name: value}) == secrets
    assert bool(split_environment({name: value})[1]) == bool(secrets)


def test_secrets_in_json_and_behind_base64() -> None:
    config = '{"auths": {"r": {"auth": "dXNlcjpwYXNzd29yZDEyMw=="}}}'
    assert [each.text for each in secret_values({"DOCKER_AUTH_CONFIG": config})] == [
        config,
        "dXNlcjpwYXNzd29yZDEyMw==",
        "password123",
    ]
    packed = "eyJwcml2YXRlX2tleSI6ICJodW50ZXIyMmh1bnRlcjIyIn0="
    assert "hunter22hunter22" in [each.text for each in secret_values({"GCP_SA_KEY": packed})]


def test_the_setting_adds_names_and_takes_names_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUILDWIDGET_SECRET_NAMES", "MY_*_ID, plain-?  !S3_KEY")
    assert [looks_secret(name) for name in ("MY_CUSTOMER_ID", "my-x-id", "PLAIN_A", "PLAIN_AB", "S3_KEY", "B_KEY")] == [
        True,
        True,
        True,
        False,
        False,
        True,
    ]
    assert split_environment({"MY_OWN_ID": "production"})[1] == {"MY_OWN_ID": "production"}
