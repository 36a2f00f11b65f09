"""Which names belong to secrets, and which values are too ordinary to be one."""

from __future__ import annotations

import fnmatch
import re
from typing import Final

from buildwidget.runner.secrets.settings import name_rules

_SECRET_NAMES: Final = re.compile(
    r"^BUILDWIDGET_HIDDEN_\d+$"  # made by hidden.py
    r"|PASSWORD|PASSWD|PASSPHRASE|SECRET|CREDENTIAL|API_?KEY|CONNECTION_?STRING|CONN_?STR(?=_|$)"  # anywhere
    r"|TOKENS?(?![A-Z])"  # at a word's end: HF_TOKEN, NPMTOKEN, but not TOKENIZERS_PARALLELISM
    r"|(?:^|_)_?(?:AUTH|AUTHORIZATION|JWT|BEARER|COOKIES?|PAT|WEBHOOKS?|PW|CREDS?|DSN|SAS|PSK|HMAC|OTP|TOTP)(?=_|$)"
    r"|(?:^|_)(?:ACCESS|PRIVATE|SIGNING|ENCRYPTION|ACCOUNT|STORAGE|SERVICE|DEPLOY|MASTER|SSH|LICENSE|FERNET)_?KEYS?(?=_|$)"
    r"|(?<!COM)(?<!BY)(?<!ASK)(?<!SUR)(?<!TRES)(?<!OVER)(?<!UNDER)PASS(?=_?\d*$|_(?:PROD|DEV|TEST|LIVE|STAGING)$)"
    r"|PWD(?=_|\d*$)"
    r"|SERVICE_ACCOUNT(?:_JSON|_INFO|_B64|_BASE64)?$|KUBE_?CONFIG_(?:DATA|B64|BASE64|CONTENTS?)$"
)
_KEY_NAMES: Final = re.compile(
    r"_KEYS?(?:_?\d+|_(?:PROD(?:UCTION)?|DEV|STAGING|TEST|LIVE|B64|BASE64|JSON|DATA|HEX|VALUE|PEM|OLD|NEW|PRIMARY|SECONDARY))?$"
)
_ORDINARY_KEYS: Final = re.compile(
    # Keys of tables, caches and keyboards, and the public halves of pairs. GPG_KEY is a fingerprint in many images.
    r"(?:^|_)(?:PRIMARY|FOREIGN|PUBLIC|PARTITION|SORT|SORTING|CACHE|GROUP|UNIQUE|INDEX|LOOKUP|SHARD|ROUTING|HOT|HOST"
    r"|COMPOSE|MODIFIER|FUNCTION|LEADER|TRANSLATION|COLUMN|FIELD|ROW|DICT|OBJECT|RANGE|JOIN|MERGE|DEDUP|IDEMPOTENCY"
    r"|FEATURE|LABEL|ANNOTATION|TAG|TOPIC|METRIC|GPG|PGP|AUTHORIZED|TRUSTED|KNOWN|PUB)_KEYS?(?:_|$)"
)
_OPEN_NAMES: Final = re.compile(
    # The directory of a shell; where a secret is, or something about it. Files and sockets have permissions.
    r"^(?:GOOGLE_APPLICATION_CREDENTIALS|XAUTHORITY|PWD|OLDPWD)$"
    r"|_(?:FILE|FILENAME|PATH|DIR|DIRECTORY|FOLDER|SOCK|SOCKET|NAME|TYPE|KIND|HOST|PORT|ENABLED|DISABLED|REQUIRED"
    r"|TIMEOUT|TTL|EXPIRY|EXPIRES|EXPIRATION|LENGTH|LIMIT|COUNT|SIZE|MODE|METHOD|PROVIDER|BACKEND|ISSUER|AUDIENCE"
    r"|SCOPES?|USER|USERNAME|EMAIL|COMMAND|CMD|HELPER|PREFIX|SUFFIX|REGION|VERSION|ALGORITHM|ALG|FORMAT|POLICY|ARN"
    r"|FINGERPRINT|DOMAIN|REALM|MANAGER|HEADER_NAME|ASKPASS|PARALLELISM)$"
    r"|(?<!WEBHOOK)(?<!WEBHOOKS)_(?:URL|URI|ENDPOINT)$"
)
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_BREAKS: Final = re.compile(r"[^A-Za-z0-9]")

_ORDINARY_WORDS: Final = frozenset(
    """
    administrator anonymous application authenticated automatic bootstrap changeit changeme community container
    credential credentials database datacenter debugging deployment developer development disabled dynamic encrypted
    enforcing environment everything extended external fallback filesystem forbidden foreground generated identifier
    immediate inherited integration interactive internal javascript jupyterhub jupyterlab kerberos keychain
    kubernetes localdomain localhost localhost.localdomain memcached negotiate no-password noninteractive not-
    applicable not-required not-set notebook notfound notrequired openid-connect optional organization passphrase
    passthrough password passwords permissive permitted placeholder plaintext postgres postgresql preferred
    production protected providers published read-only read-write readonly readwrite redacted reference registered
    registry required restricted rootless sandboxed scheduled secretsmanager self-signed service-account singleuser
    sqlalchemy standard supported temporary terminal undefined unlimited unspecified untrusted username verified
    workspace
    """.split()  # noqa: SIM905 - a list of a hundred quoted words would hide what it is
)
_PLACEHOLDER: Final = re.compile(
    r"\$\{?\w+\}?|\$\([^()]*\)|<[^<>]*>|\{\{[^{}]*\}\}|%\w+%|\[[A-Z _-]+\]|your[-_ ][a-z_ -]*",
    re.IGNORECASE,
)
_PATH: Final = re.compile(
    r"(?:~[\w-]*|\.{1,2})?/(?:home|root|usr|etc|var|tmp|opt|mnt|data|run|srv|users|workspaces?|apps?|dev|proc|media"
    r"|volumes|content|kaggle|lib|bin|sbin|private|library|applications|scratch|project|projects|nfs|snap|nix|config"
    r"|secrets|certs?|keys?|kaniko|github|builds?)(?:/[^\0\n]*)?"
    r"|(?:~[\w-]*|\.{1,2})/[^\0\n]*|[A-Za-z]:[\\/][^\0\n]*|file:/{1,3}[^\0\n]*",
    re.IGNORECASE,
)
_IDENTIFIER: Final = re.compile(r"[a-z]+(?:[_.:][a-z]+)*")
_LONGEST_LOOK: Final = 4096
"""Ordinary values are shorter; a longer one is not looked at."""


def looks_secret(name: str) -> bool:
    """Whether a variable of this name holds a secret, whatever the case of its letters.

    Secret: PASSWORD, PASSWD, PASSPHRASE, SECRET, CREDENTIAL, APIKEY or API_KEY and CONNECTION_STRING anywhere in the
    name; PASS and PWD at the end of a word; TOKEN(S) at the end of a word; the words AUTH, AUTHORIZATION, JWT, BEARER,
    COOKIE(S), PAT, WEBHOOK, PW, CREDS, DSN, SAS, PSK, HMAC and OTP; names that end in _KEY or _KEYS, also with a number
    or an environment (``_PROD``) behind it; KEY after ACCESS, PRIVATE, SIGNING and their like anywhere.

    Never: PWD, OLDPWD, XAUTHORITY, GOOGLE_APPLICATION_CREDENTIALS (a path); keys of tables, caches and keyboards and
    public keys (PRIMARY_KEY, CACHE_KEY, PUBLIC_KEY); names that say where a secret is or something about it, by ending
    in _FILE, _PATH, _NAME, _TYPE, _HOST, _TTL, _URL and their like (but WEBHOOK_URL is secret).

    ``BUILDWIDGET_SECRET_NAMES`` adds patterns, and takes names out (``!PATTERN``).
    """
    plain = _plain(name)
    added = _by_setting(plain)
    if added is not None:
        return added
    if _OPEN_NAMES.search(plain):
        return False
    return _SECRET_NAMES.search(plain) is not None or _is_key(plain)


def is_ordinary(name: str, value: str) -> bool:
    """Whether the value of a variable with a secret's name is a word, a path or a placeholder, and no secret.

    A word that stands in every second log (``production``) would be masked everywhere, and tells nobody anything.
    A name that the setting adds is taken at its word.
    """
    value = value.strip()
    if len(value) > _LONGEST_LOOK or _by_setting(_plain(name)):
        return False
    if len(set(value)) <= 2 or value.lower() in _ORDINARY_WORDS:
        return True
    if _PLACEHOLDER.fullmatch(value) or _PATH.fullmatch(value):
        return True
    # The name of a column or of an entry: no key that a machine made is all small letters and so short.
    return len(value) < 20 and _IDENTIFIER.fullmatch(value) is not None and not _certain(_plain(name))


def _plain(name: str) -> str:
    return _BREAKS.sub("_", _CAMEL.sub("_", name)).upper()


def _is_key(plain: str) -> bool:
    return _KEY_NAMES.search(plain) is not None and _ORDINARY_KEYS.search(plain) is None


def _certain(plain: str) -> bool:
    """Whether more than a name in _KEY speaks for it."""
    return _SECRET_NAMES.search(plain) is not None


def _by_setting(plain: str) -> bool | None:
    """What the setting says of a name: secret, not secret, or nothing. A rule that takes out wins."""
    added, removed = name_rules()
    if any(fnmatch.fnmatchcase(plain, rule) for rule in removed):
        return False
    return True if any(fnmatch.fnmatchcase(plain, rule) for rule in added) else None
