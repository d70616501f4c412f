"""Browsers in which an editor has signed in before: strangers who guess cannot lock these out.

The cookie is a keyed hash of the account and its password as stored. It opens nothing, tells nothing about who it
belongs to, goes to the sign-in page alone, and is worth nothing once the password changes. No row is kept of it.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare, salted_hmac

from apps.desk.models import LONGEST_NAME

COOKIE = "__Secure-device" if settings.IS_HTTPS else "device"
PATH = "/editor/sign-in/"
DAYS = 90


def is_known(request: HttpRequest, account: str) -> bool:
    """Say whether the owner of an account has signed in with this browser, and with the password of today."""
    mark = request.COOKIES.get(COOKIE, "")
    if not mark:
        return False
    user = User.objects.filter(username=User.normalize_username(account)[:LONGEST_NAME], is_active=True).first()
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return user is not None and any(constant_time_compare(mark, _mark(user, key)) for key in keys)


def remember(response: HttpResponse, user: User) -> None:
    """Let the browser keep that this editor has signed in with it."""
    response.set_cookie(
        COOKIE,
        _mark(user, settings.SECRET_KEY),
        max_age=DAYS * 24 * 60 * 60,
        path=PATH,
        secure=settings.IS_HTTPS,
        httponly=True,
        samesite="Lax",
    )


def _mark(user: User, key: str) -> str:
    return salted_hmac("desk.devices", f"{user.pk}|{user.password}", secret=key, algorithm="sha256").hexdigest()
