"""What every request passes: host, size, rate, and headers that leave a browser nothing to guess."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from profiling.web.settings import WebSettings

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

FORM = 1_000_000
SIGN_INS = 10
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


class TooLargeError(HTTPException):
    """More bytes came in than are allowed."""

    def __init__(self) -> None:
        super().__init__(413)


class Protection:
    """Middleware around the whole tool."""

    def __init__(self, app: App, settings: WebSettings, fault: Callable[[Request, Exception], Response]) -> None:
        self.app, self.settings, self.fault = app, settings, fault
        self.limiter = MovingWindowRateLimiter(MemoryStorage())
        self.pace = RateLimitItemPerMinute(settings.requests)
        self.sign_ins = RateLimitItemPerMinute(SIGN_INS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or let through with a bound on the body and headers on the answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        refused = self._refused(scope)
        if refused:
            await refused(scope, receive, _with_headers(send, scope, self.settings))
            return
        left = self.settings.upload if _is_upload(scope) else FORM
        began = False

        async def bounded() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise TooLargeError()
            return message

        async def noted(message: Message) -> None:
            nonlocal began
            began = True
            await outward(message)

        outward = _with_headers(send, scope, self.settings)
        try:
            await self.app(scope, bounded, noted)
        except Exception as error:  # noqa: BLE001
            # Here and not in a handler of the application: those stand outside, and their answers lack the headers.
            if not began:
                await self.fault(Request(scope), error)(scope, receive, outward)

    def _refused(self, scope: Scope) -> PlainTextResponse | None:
        headers = Headers(scope=scope)
        client = scope["client"][0] if scope["client"] else "?"
        if scope["path"] == "/aanmelden" and scope["method"] == "POST" and not self._may(self.sign_ins, client):
            return PlainTextResponse("Te vaak geprobeerd. Wacht een minuut.\nToo many tries. Wait a minute.", 429)
        if not self._may(self.pace, client):
            return PlainTextResponse("Te veel verzoeken. Wacht even.\nToo many requests. Wait a moment.", 429)
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > (self.settings.upload if _is_upload(scope) else FORM):
            return _too_large(self.settings)
        return None

    def _may(self, pace: RateLimitItem, client: str) -> bool:
        return bool(self.limiter.hit(pace, client))


def _is_upload(scope: Scope) -> bool:
    return Headers(scope=scope).get("content-type", "").startswith("multipart/form-data")


def _too_large(settings: WebSettings) -> PlainTextResponse:
    most = f"{settings.upload // 1_000_000} MB"
    return PlainTextResponse(f"Het bestand is te groot: hoogstens {most}.\nThe file is too large: {most} at most.", 413)


def _with_headers(send: Send, scope: Scope, settings: WebSettings) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            # Pages hold figures of one user's choice; only our own static files may be kept.
            headers.setdefault("cache-control", "no-store")
            if settings.https:
                headers.setdefault("strict-transport-security", "max-age=31536000")
        await send(message)

    return sending
