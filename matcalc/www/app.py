"""The server's application: the page, its files, and the interface behind it.

Only the machine that it runs on may ask, and only from its own page: the names in Host and Origin are checked, what the
page may load is told to the browser, and every request has a limit on its size and time.
"""

from __future__ import annotations

import json
from asyncio import timeout
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from matcalc.www.answers import ANSWERS, answer
from matcalc.www.guard import Guard
from matcalc.www.openapi import openapi
from matcalc.www.pool import Pool, Refused

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

STATIC = Path(__file__).resolve().parent / "static"
LARGEST = 64 << 10  # bytes of a request's body
ARRIVES = 10.0  # seconds in which it has to arrive
LOCAL = ("127.0.0.1", "localhost", "[::1]")
TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".woff2": "font/woff2",
    ".svg": "image/svg+xml",
}


def application(pool: Pool | None = None, hosts: Sequence[str] = LOCAL) -> Starlette:
    """The application; ``hosts`` are the names by which it may be called."""
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.routing import Route

    pool = pool or Pool(answer, ["matcalc.www.warmed"])

    async def told(request: Request) -> Response:
        return await _answer(pool, request)

    @asynccontextmanager
    async def running(_: Starlette) -> AsyncIterator[None]:
        await pool.warm()
        yield
        pool.close()

    routes = [
        Route("/", _page),
        Route("/static/{name}", _page),
        Route("/api/openapi.json", _described),
        Route("/api/{name}", told, methods=["GET", "POST"]),
    ]
    return Starlette(routes=routes, lifespan=running, middleware=[Middleware(Guard, hosts=tuple(hosts))])


# --- answers --------------------------------------------------------------------------------------------------------------


async def _answer(pool: Pool, request: Request) -> Response:
    name = request.path_params["name"]
    if name not in ANSWERS:
        return _failed(404, f"there is no /api/{name}; see /api/openapi.json")
    asks = ANSWERS[name].asks
    if request.method != ("POST" if asks else "GET"):
        return _failed(405, f"/api/{name} is asked by {'POST' if asks else 'GET'}")
    try:
        async with timeout(ARRIVES):
            data = await _body(request) if asks else {}
        found = await pool.do(name, data)
    except Refused as refused:
        return _failed(refused.status, str(refused))
    except TimeoutError:
        return _failed(408, f"the body did not arrive within {ARRIVES:g} seconds")
    return _json(500 if found.startswith(b'{"error":{"kind":"fault"') else 200, found)


async def _body(request: Request) -> Mapping[str, object]:
    """The request's body, read no further than is allowed."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise Refused(415, "the body must be application/json")
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > LARGEST:
            raise Refused(413, f"the body has more than {LARGEST >> 10} KiB")
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused(400, "the body is no JSON") from None
    if not isinstance(data, dict):
        raise Refused(400, "the body must be a JSON object")
    return data


def _failed(status: int, message: str) -> Response:
    error = {"kind": "request", "message": message, "hint": "", "source": "", "spans": []}
    return _json(status, json.dumps({"error": error}).encode())


def _json(status: int, body: bytes) -> Response:
    from starlette.responses import Response

    return Response(body, status, media_type="application/json")


async def _described(_: Request) -> Response:
    return _json(200, json.dumps(openapi()).encode())


# --- files ----------------------------------------------------------------------------------------------------------------


async def _page(request: Request) -> Response:
    """One of the files of the page; there are no folders, and nothing else is served."""
    from starlette.responses import Response

    name = request.path_params.get("name", "index.html")
    files = {path.name: path for path in STATIC.iterdir()}
    if name not in files:
        return _failed(404, "there is no such page")
    return Response(files[name].read_bytes(), media_type=TYPES.get(files[name].suffix, "text/plain"))
