"""What every request passes through: counting, headers on every answer, a limit on what is sent, a page for 405."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from apps.website import logs
from apps.website.errors import error_page
from apps.website.metrics import meter

GetResponse = Callable[[HttpRequest], HttpResponse]

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), browsing-topics=()",
    "Referrer-Policy": settings.SECURE_REFERRER_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": settings.X_FRAME_OPTIONS,
    "Cross-Origin-Opener-Policy": settings.SECURE_CROSS_ORIGIN_OPENER_POLICY,
    "Cross-Origin-Resource-Policy": "same-origin",
}
if settings.IS_HTTPS:
    HEADERS["Strict-Transport-Security"] = (
        f"max-age={settings.SECURE_HSTS_SECONDS}"
        + "; includeSubDomains" * settings.SECURE_HSTS_INCLUDE_SUBDOMAINS
        + "; preload" * settings.SECURE_HSTS_PRELOAD
    )


def observed(get_response: GetResponse) -> GetResponse:
    """Log and count requests, as the settings say. It stands outermost, so that nothing escapes it.

    A visitor who reports a fault can name the id in X-Request-ID, which is in the log. Other answers have none, so
    that public pages stay the same for everybody.
    """
    logged_from = {"all": 100, "errors": 400, "none": 1000}[settings.REQUEST_LOG]
    note = meter().note if settings.METRICS_TOKEN else None

    def middleware(request: HttpRequest) -> HttpResponse:
        begun = time.perf_counter()
        with logs.during(request):
            response = get_response(request)
        status = response.status_code
        if status < logged_from and note is None:
            return response
        seconds = time.perf_counter() - begun
        if note is not None:
            note(logs.route_of(request, response), logs.method_of(request), status, seconds)
        if status >= logged_from:
            logs.log_request(request, response, seconds)
            if status >= 500:
                response.headers["X-Request-ID"] = logs.request_id(request)
        return response

    return middleware


def headers(get_response: GetResponse) -> GetResponse:
    """Put the security headers on every answer, errors raised by other middleware included.

    It stands outside the rest for that reason. A page that says nothing about caching is private.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    return middleware


def body_limit(get_response: GetResponse) -> GetResponse:
    """Refuse a body that is larger than any form of ours, before a byte of it is read."""

    def middleware(request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isascii() or not length.isdigit():
            return error_page(request, 400)
        # An editor sends whole packs. Whoever is not signed in meets the smaller limit there too, in Django's own.
        is_editors = request.path_info.startswith("/editor/")
        if int(length) > (settings.MAX_EDITOR_BODY_BYTES if is_editors else settings.MAX_BODY_BYTES):
            response = error_page(request, 413)
            response["Connection"] = "close"
            return response
        return get_response(request)

    return middleware


def method_not_allowed(get_response: GetResponse) -> GetResponse:
    """Give the bare answer to a wrong method the site's page."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if isinstance(response, HttpResponseNotAllowed):
            allow = response["Allow"]
            response = error_page(request, 405)
            response["Allow"] = allow
        return response

    return middleware
