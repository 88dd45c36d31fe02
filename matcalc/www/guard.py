"""Who may ask: this machine, by a name of this machine, from the server's own page.

A page of another site could let the browser ask for it, by a link, a form, or a name of its own that leads here; the
headers Host, Origin and Sec-Fetch-Site tell.

>>> guard = Guard(lambda *_: None, ("127.0.0.1", "localhost"))
>>> guard.fault({"host": "127.0.0.1:8000", "origin": "http://127.0.0.1:8000"}), guard.fault({"host": "evil.example"})
(None, 'this server is not called evil.example')
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types mathml",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Cache-Control": "no-cache",
}
_ADDED = [(name.lower().encode(), text.encode()) for name, text in HEADERS.items()]


class Guard:
    """Stands before an application: refuses strangers, and tells the browser what the page may do."""

    def __init__(self, app: ASGIApp, hosts: Sequence[str]) -> None:
        self.app = app
        self.hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", []), *_ADDED]}
            await send(message)

        given: dict[str, str] = {}
        for name, value in scope["headers"]:
            key = name.decode("latin-1")
            given[key] = "?" if key in given and key in ("host", "origin") else value.decode("latin-1")
        fault = self.fault(given)
        if fault is None:
            await self.app(scope, receive, with_headers)
            return
        error = {"kind": "request", "message": fault, "hint": "", "source": "", "spans": []}
        start = {"type": "http.response.start", "status": 403, "headers": [(b"content-type", b"application/json")]}
        await with_headers(start)
        await send({"type": "http.response.body", "body": json.dumps({"error": error}).encode()})

    def fault(self, headers: Mapping[str, str]) -> str | None:
        """Why a request with these headers is refused; None where it is not."""
        host = headers.get("host", "").lower()
        if _name(host) not in self.hosts:
            return f"this server is not called {host[:100]}"
        origin = headers.get("origin")
        if origin is not None and origin.lower() != f"http://{host}":
            return "only the page of this server may ask"
        if headers.get("sec-fetch-site", "none") not in ("none", "same-origin") and not _is_a_visit(headers):
            return "only the page of this server may ask"
        return None


def _name(host: str) -> str:
    """The host without its port."""
    return re.sub(r":[0-9]{1,5}$", "", host)


def _is_a_visit(headers: Mapping[str, str]) -> bool:
    """A link from elsewhere may lead to the page, in a tab of its own."""
    return headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
