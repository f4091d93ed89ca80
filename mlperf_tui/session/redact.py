"""Secrets in a command line or an environment: recognised by name or by look, and left out of what is written."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence

HIDDEN = "[redacted]"
SECRET_WORDS = {"password", "passwd", "secret", "secrets", "token", "apikey", "credential", "credentials", "auth"}
LOOKS_SECRET = re.compile(
    r"(?:hf_|ghp_|gho_|github_pat_|glpat-|sk-|xox[abp]-|AKIA)[A-Za-z0-9_\-]{12,}|eyJ[\w\-]{10,}\.[\w\-.]+"
)
IN_URL = re.compile(r"(\w+://[^\s/:@]+:)[^\s/@]+@")
KEPT_PREFIXES = (
    "CUDA_",
    "CUDNN_",
    "CUBLAS_",
    "GLOO_",
    "MKL_",
    "NCCL_",
    "NVIDIA_TF32",
    "NVIDIA_VISIBLE",
    "OMP_",
    "PYTORCH_",
    "SLURM_",
    "TORCH",
)


def argv(words: Sequence[str]) -> tuple[str, ...]:
    """The same words with each secret's value hidden: `--token X`, `--token=X`, `API_KEY=X`, a URL's password."""
    shown, hide_next = [], False
    for word in words:
        name, equals, _ = word.partition("=")
        secret_name = _is_secret(name)
        if hide_next and not word.startswith("-"):
            shown.append(HIDDEN)
        elif equals and secret_name:
            shown.append(f"{name}={HIDDEN}")
        else:
            shown.append(text(word))
        hide_next = word.startswith("-") and not equals and secret_name
    return tuple(shown)


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Those variables that change how training runs, and of them no secret's value."""
    return named({name: value for name, value in variables.items() if name.startswith(KEPT_PREFIXES)})


def named(variables: Mapping[str, str]) -> dict[str, str]:
    """All of these variables by name, and of them no secret's value."""
    return {name: HIDDEN if _is_secret(name) else text(value) for name, value in sorted(variables.items())}


def text(value: str) -> str:
    """Free text without what looks like a secret."""
    return IN_URL.sub(rf"\1{HIDDEN}@", LOOKS_SECRET.sub(HIDDEN, value))


def _is_secret(name: str) -> bool:
    words = [word.lower() for word in re.split(r"[-_.]+|(?<=[a-z])(?=[A-Z])", name) if word]
    return bool(SECRET_WORDS & set(words)) or ("api", "key") in itertools.pairwise(words)
