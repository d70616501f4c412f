"""Who may reach a class: by its code, by the cookie of its manage link, and how often one may try.

An unknown code, a deleted class and one whose days are over get the same answer in the same way. What stands in an
address is looked up only while its sender has not tried too many wrong ones.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import cache_control

from apps.classroom import codes, limits, services
from apps.classroom.cookies import holds_class, manages, read_joined
from apps.classroom.limits import Limit
from apps.classroom.models import Class
from apps.classroom.refusals import NoSuchClass
from apps.editions.current import EditionUnavailable, NoEdition, UnknownEdition
from privacycheck.visitors import sender, too_often

RETRY_SECONDS = 10
"""When to come back after a fault of ours."""

View = Callable[..., HttpResponse]


class NotManaged(Exception):
    """This device holds no good cookie for managing the class; whether there is such a class is not said."""


class TooOften(Exception):
    """Somebody tried something more often than its limit allows."""

    def __init__(self, limit: Limit) -> None:
        """Keep the limit, which says how long to wait."""
        super().__init__(limit.scope)
        self.limit = limit


def class_page(view: View) -> View:
    """Keep a page of a class out of every cache and search engine, and say kindly what stands in its way."""

    @wraps(view)
    @cache_control(private=True, no_store=True)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response = view(request, *args, **kwargs)
        except TooOften as error:
            response = too_often(request, _seconds_left(error.limit), error.limit.seconds)
        except NoSuchClass:
            response = render(request, "classroom/no_class.html", status=404)
        except NotManaged:
            response = render(request, "classroom/not_managed.html", status=403)
        except (DatabaseError, NoEdition, EditionUnavailable, UnknownEdition):
            response = render(request, "classroom/unavailable.html", status=503)
            response["Retry-After"] = str(RETRY_SECONDS)
        response["X-Robots-Tag"] = "noindex"
        return response

    return wrapped


def _seconds_left(limit: Limit) -> int:
    """Return how long the present stretch of a limit still lasts."""
    return limit.seconds - int(timezone.now().timestamp()) % limit.seconds


def count(request: HttpRequest, limit: Limit) -> None:
    """Count one try of a kind. Raise TooOften beyond its limit."""
    if not limits.allow(limit, sender(request)):
        raise TooOften(limit)


def class_of_code(request: HttpRequest, code: str) -> Class:
    """Return the class of a code in an address. Raise NoSuchClass or TooOften.

    Whoever holds a cookie of ours for this code knows it, and is not held up by others who guess.
    """
    if is_known(request, code):
        return services.find_class(code)
    return looked_up(request, lambda: services.find_class(code))


def is_known(request: HttpRequest, code: str) -> bool:
    """Say whether this browser has joined the class of a code or may have managed it."""
    return holds_class(request.COOKIES, code) or read_joined(request.COOKIES, code) is not None


def looked_up(request: HttpRequest, look: Callable[[], Class]) -> Class:
    """Return the class that a look-up finds, counting the ones that find none. Raise NoSuchClass or TooOften."""
    if limits.is_spent(limits.WRONG_CODE, sender(request)):
        raise TooOften(limits.WRONG_CODE)
    try:
        return look()
    except NoSuchClass:
        count(request, limits.WRONG_CODE)
        raise


def managed_class(request: HttpRequest, code: str) -> Class:
    """Return the class that this device manages. Raise NotManaged, or NoSuchClass where it is gone.

    Without a cookie of ours nothing is looked up, so the answer cannot tell whether there is such a class.
    """
    if not holds_class(request.COOKIES, code):
        raise NotManaged
    klass = services.find_class(code)
    if not manages(request.COOKIES, klass):
        raise NotManaged
    return klass


def class_of_link(request: HttpRequest, code: str, secret: str) -> Class:
    """Return the class of a manage link. Raise NoSuchClass or TooOften."""

    def look() -> Class:
        klass = services.class_of_secret(secret)
        if klass.code != code:
            raise NoSuchClass
        return klass

    return looked_up(request, look)


def typed_class(request: HttpRequest, typed: str) -> Class:
    """Return the class of a code as typed. Raise CodeError, NoSuchClass or TooOften."""
    code = codes.read_join_code(typed)
    return class_of_code(request, code)
