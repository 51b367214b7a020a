"""Who may use the tool: names, roles and hashed passwords in one file."""

from __future__ import annotations

import tomllib
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from pydantic import Field

from profiling.artefacts import write_text
from profiling.config import Config, load_config
from profiling.errors import Text, WebError
from profiling.web.settings import Role

SHORTEST = 12
# Somebody who is not in the file takes as long as somebody with a wrong password.
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$Dg5Q2ciDt9F2sjat9HJcVg$ze/16s3tSgEOOXx2P+AqWTtT+ktl+ud9PDMFT+nHrEQ"


class User(Config):
    """One person. `password` is an Argon2id hash; empty where a proxy does the signing in."""

    password: str = ""
    roles: tuple[Role, ...] = ("viewer",)


class Users(Config):
    """The file of users."""

    users: dict[str, User] = Field({}, description="name → user")


def read_users(path: Path) -> Users:
    """Read the file of users.

    Raises
    ------
    ConfigError
        With every fault in it.
    """
    return load_config(path, Users)


def signs_in(users: Users, name: str, password: str) -> bool:
    """Whether the password is that of the user."""
    user = users.users.get(name)
    known = user is not None and bool(user.password)
    try:
        right = PasswordHasher().verify(user.password if user and known else _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return False
    return known and right


def add_user(path: Path, name: str, password: str, roles: tuple[Role, ...]) -> None:
    """Add a user to the file, or change one; the file is written whole and for its owner alone.

    Raises
    ------
    WebError
        When the name or password will not do.
    """
    if not name.isidentifier():
        raise WebError(
            Text(f"'{name}' kan geen naam zijn", f"'{name}' will not do as a name"),
            hint=Text("Gebruik alleen letters, cijfers en _", "use letters, digits and _ only"),
        )
    if len(password) < SHORTEST:
        raise WebError(
            Text("Het wachtwoord is te kort", "the password is too short"),
            hint=Text(f"Neem minstens {SHORTEST} tekens", f"take at least {SHORTEST} characters"),
        )
    known = read_users(path).users if path.is_file() else {}
    known = {**known, name: User(password=PasswordHasher().hash(password), roles=roles)}
    lines = ["# Users of the analysis tool: profiling users add NAME --file THIS"]
    for each, user in sorted(known.items()):
        said = ", ".join(f'"{role}"' for role in user.roles)
        lines += ["", f"[users.{each}]", f'password = "{user.password}"', f"roles = [{said}]"]
    text = "\n".join(lines) + "\n"
    tomllib.loads(text)
    write_text(path, text)
    path.chmod(0o600)
