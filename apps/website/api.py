"""The content for other programs: every edition as JSON, the list of them, and the schema they keep to.

Open to every origin, without cookies. An answer is kept as bytes, so that nothing is worked out twice.
"""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, wraps
from typing import Annotated, Any, Literal, TypeVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.cache import get_conditional_response, patch_vary_headers
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from apps.editions.compiled import CompiledEdition, Release
from apps.editions.current import EditionUnavailable, NoEdition, UnknownEdition, current_edition, edition_numbered
from apps.editions.schema import Address, Pack

METHODS = "GET, HEAD, OPTIONS"
SHORT = "public, max-age=300"
FOR_EVER = "public, max-age=31536000, immutable"
"""How long an answer may be kept. A numbered edition never changes; the list grows, the schema follows the code."""

OPEN_TO_ALL = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
PREFLIGHT = {
    "Access-Control-Allow-Methods": METHODS,
    "Access-Control-Allow-Headers": "If-None-Match",
    "Access-Control-Max-Age": "86400",
}

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ContentHash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
View = TypeVar("View", bound=Callable[..., HttpResponseBase])


class Document(BaseModel):
    """Base of what is published: unknown keys are refused, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Licence(Document):
    """A licence: its SPDX identifier, its name and where to read it. `attribution` is the source to name."""

    id: str
    name: str
    address: Address
    attribution: str | None = None


class PublishedEdition(Document):
    """One edition as it is published: what it is, under which licence, and all its content."""

    schema_address: Address = Field(alias="schema")
    number: Annotated[int, Field(ge=1)]
    published_at: dt.datetime
    note: str
    content_hash: ContentHash
    licence: Licence
    content: Pack


class ListedEdition(Document):
    """One line of the list. `size` is how much changed since the edition before; null where that is not known."""

    number: int
    published_at: dt.datetime
    note: str
    content_hash: str
    address: Address
    licence: Licence
    size: Literal["patch", "minor", "major"] | None = Field(alias="class")


class EditionList(Document):
    """Every edition, newest first. `licence_of_code` is that of the program, not of the content."""

    schema_address: Address = Field(alias="schema")
    licence_of_code: Licence
    editions: tuple[ListedEdition, ...]


CODE_LICENCE = Licence(id="MIT", name="MIT licence", address="https://opensource.org/license/mit")


def content_licence(number: int) -> Licence:
    """Return the licence of an edition's content, with the source to name."""
    return Licence(
        id="CC-BY-4.0",
        name="Creative Commons Attribution 4.0 International",
        address="https://creativecommons.org/licenses/by/4.0/",
        attribution=f"PrivacyCheck, edition {number}",
    )


# --- Answering -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Kept:
    """An answer's body, plain and compressed, with the digest of the plain one."""

    body: bytes
    zipped: bytes
    digest: str


def _kept(text: str) -> _Kept:
    body = text.encode()
    return _Kept(body, gzip.compress(body, 6, mtime=0), hashlib.sha256(body).hexdigest())


def open_content(view: View) -> Callable[..., HttpResponseBase]:
    """Let programs of any origin read a view, and answer in JSON whatever goes wrong."""

    @wraps(view)
    def wrapped(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        response = _answer(request, view, kwargs)
        # Django's answer to a spoilt CSRF cookie is a fresh one; here there is no form, and caches keep the answer.
        request.META.pop("CSRF_COOKIE_NEEDS_UPDATE", None)
        for name, value in OPEN_TO_ALL.items():
            response[name] = value
        return response

    return wrapped


def _answer(request: HttpRequest, view: Callable[..., HttpResponseBase], kwargs: dict[str, Any]) -> HttpResponseBase:
    if request.method == "OPTIONS":
        return HttpResponse(status=204, headers={"Allow": METHODS, **PREFLIGHT})
    if request.method not in ("GET", "HEAD"):
        response = _error("This address can only be read.", 405)
        response["Allow"] = METHODS
        return response
    try:
        return view(request, **kwargs)
    except UnknownEdition:
        return _error("There is no edition with this number.", 404)
    except (NoEdition, EditionUnavailable):
        response = _error("The editions cannot be read just now. Try again in a minute.", 503)
        response["Retry-After"] = "10"
        return response


def _error(message: str, status: int) -> JsonResponse:
    response = JsonResponse({"error": message}, status=status, content_type="application/json; charset=utf-8")
    response["Cache-Control"] = "no-store"
    return response


def _respond(
    request: HttpRequest, kept: _Kept, caching: str, language: str = "en", content_type: str = "application/json"
) -> HttpResponseBase:
    """Return a kept answer, or 304 to whoever has it already. Each encoding has an ETag of its own: they are strong."""
    is_zipped = "gzip" in request.headers.get("Accept-Encoding", "")
    response = HttpResponse(kept.zipped if is_zipped else kept.body, content_type=f"{content_type}; charset=utf-8")
    etag = f'"{kept.digest}-gzip"' if is_zipped else f'"{kept.digest}"'
    if is_zipped:
        response["Content-Encoding"] = "gzip"
    response["ETag"] = etag
    response["Cache-Control"] = caching
    response["Content-Language"] = language
    patch_vary_headers(response, ["Accept-Encoding"])
    return get_conditional_response(request, etag=etag, response=response) or response


def _full(name: str, *args: int) -> str:
    return settings.PUBLIC_ORIGIN + reverse(name, args=args)


# --- The three addresses -------------------------------------------------------------------------------


@open_content
def editions(request: HttpRequest) -> HttpResponseBase:
    """List every edition, newest first."""
    current = current_edition()
    return _respond(request, current.memo("api-editions", lambda: _kept(_list_of(current))), SHORT)


def _list_of(current: CompiledEdition) -> str:
    releases = sorted(current.history, key=lambda release: -release.number)
    return EditionList(
        schema=_full("api-schema"),
        licence_of_code=CODE_LICENCE,
        editions=tuple(_line(release) for release in releases),
    ).model_dump_json(by_alias=True)


def _line(release: Release) -> ListedEdition:
    return ListedEdition.model_validate(
        {
            "number": release.number,
            "published_at": release.published_at,
            "note": release.note,
            "content_hash": release.content_hash,
            "address": _full("api-edition", release.number),
            "licence": content_licence(release.number),
            "class": release.size,
        }
    )


@open_content
def edition(request: HttpRequest, number: int) -> HttpResponseBase:
    """Give one edition with all its content."""
    found = edition_numbered(number)
    kept = found.memo("api-edition", lambda: _kept(_document_of(found)))
    languages = ", ".join(language.code for language in found.pack.languages)
    return _respond(request, kept, FOR_EVER, languages)


def _document_of(found: CompiledEdition) -> str:
    """Return an edition as JSON. What holds its default is left out of the content; the schema says what that is."""
    release = next((release for release in found.history if release.number == found.number), None)
    if release is None:
        raise UnknownEdition
    return PublishedEdition(
        schema=_full("api-schema"),
        number=found.number,
        published_at=release.published_at,
        note=release.note,
        content_hash=release.content_hash,
        licence=content_licence(found.number),
        content=found.pack,
    ).model_dump_json(by_alias=True, exclude_defaults=True)


@open_content
def schema(request: HttpRequest) -> HttpResponseBase:
    """Give the JSON Schema of an edition. It follows from the code, so it needs neither edition nor database."""
    return _respond(request, _schema(), SHORT, content_type="application/schema+json")


@cache
def _schema() -> _Kept:
    found = PublishedEdition.model_json_schema(by_alias=True, mode="validation")
    return _kept(json.dumps({"$schema": DIALECT, "$id": _full("api-schema"), **found}, ensure_ascii=False))
