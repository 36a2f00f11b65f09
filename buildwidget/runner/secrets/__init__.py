"""Which variables are secret, and keeping their values out of everything that is stored, in whatever form.

``names`` and ``values`` say what is secret, ``forms`` how programs write it, ``matcher`` finds it, and ``Masker``
replaces it by ``***``. The README lists what is covered and what is not.
"""

from buildwidget.runner.secrets.masker import Masker
from buildwidget.runner.secrets.names import looks_secret
from buildwidget.runner.secrets.patterns import ValuePatterns
from buildwidget.runner.secrets.settings import SECRET_NAMES, SECRET_PATTERNS, value_patterns
from buildwidget.runner.secrets.stream import MASK, StreamMasker
from buildwidget.runner.secrets.values import (
    MIN_SECRET_CHARACTERS,
    Secret,
    secret_values,
    secrets_in,
    split_environment,
)

__all__ = [
    "MASK",
    "MIN_SECRET_CHARACTERS",
    "SECRET_NAMES",
    "SECRET_PATTERNS",
    "Masker",
    "Secret",
    "StreamMasker",
    "ValuePatterns",
    "looks_secret",
    "secret_values",
    "secrets_in",
    "split_environment",
    "value_patterns",
]
