"""Who asks: one person at their own machine, somebody who signed in, or somebody whom a proxy names."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from fastapi import HTTPException, Request

from profiling.web.settings import Role, WebSettings
from profiling.web.users import read_users

LOCAL = "local"
TOKEN, WHO, SESSION = "csrf", "who", "sid"


@dataclass(frozen=True)
class Person:
    """Whoever asks, and what they may do."""

    name: str
    roles: frozenset[Role]

    def may(self, role: Role) -> bool:
        """Whether they have the role."""
        return role in self.roles


class SignInNeededError(Exception):
    """Nobody is signed in: the page to sign in comes first."""


def who_asks(request: Request) -> Person | None:
    """The person, or None when nobody is signed in."""
    settings: WebSettings = request.app.state.settings
    if settings.open:
        roles: tuple[Role, ...] = ("viewer", "analyst", "address") if settings.addresses else ("viewer", "analyst")
        return Person(LOCAL, frozenset(roles))
    if settings.users is None:
        return None
    if settings.proxy_header:
        name = request.headers.get(settings.proxy_header, "")
    else:
        name = request.session.get(WHO, "")
        if request.session.get(SESSION) not in request.app.state.sessions:
            return None
    user = read_users(settings.users).users.get(name)
    return Person(name, frozenset(user.roles)) if user else None


def needs(role: Role) -> Callable[[Request], Person]:
    """A dependency: the person who asks, if they have the role.

    Raises
    ------
    SignInNeededError
        When nobody is signed in.
    HTTPException
        403 when they may not do this.
    """

    def person(request: Request) -> Person:
        found = who_asks(request)
        if found is None:
            raise SignInNeededError
        if not found.may(role):
            raise HTTPException(403)
        return found

    return person


def token(request: Request) -> str:
    """The secret that a form of ours carries and a form from elsewhere cannot know."""
    known = request.session.get(TOKEN)
    if not known:
        known = request.session[TOKEN] = secrets.token_urlsafe(32)
    return str(known)


async def own_form(request: Request) -> None:
    """A dependency of everything that changes something: the form is one of ours.

    Raises
    ------
    HTTPException
        403 when the form lacks the token of this session.
    """
    form = await request.form(max_files=1, max_fields=500)
    given = str(form.get(TOKEN, ""))
    if not secrets.compare_digest(given.encode(), str(request.session.get(TOKEN, "-")).encode()):
        raise HTTPException(403)


def sign_in(request: Request, name: str) -> None:
    """Begin a session; what was in the cookie before does not come along."""
    request.session.clear()
    sid = secrets.token_urlsafe(32)
    request.app.state.sessions.add(sid)
    request.session.update({WHO: name, SESSION: sid})


def sign_out(request: Request) -> None:
    """End the session, here and in the browser."""
    request.app.state.sessions.discard(request.session.get(SESSION))
    request.session.clear()
