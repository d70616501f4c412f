"""Signing in and out, and passwords."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import login, logout
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import PasswordChangeView, PasswordResetConfirmView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse, reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from apps.desk.access import SeeOther, editor, private
from apps.desk.devices import is_known, remember
from apps.desk.limits import SECONDS, wait_before_sign_in
from apps.desk.middleware import PREFIX
from apps.desk.sessions import is_recent
from apps.desk.views.wait import TOO_MANY, please_wait
from privacycheck.visitors import address_of

UNPROCESSABLE = 422


@require_http_methods(["GET", "HEAD", "POST"])
@private
@sensitive_post_parameters("password")
def sign_in(request: HttpRequest) -> HttpResponse:
    """Let an editor in. A wrong name and a wrong password get one answer, and take as long."""
    way_on = _way_on(request.POST.get("next", "") or request.GET.get("next", ""), request)
    is_for_people = way_on.startswith(reverse("people:index"))
    is_again = is_for_people and request.user.has_perm("auth.view_user") and not is_recent(request)
    if request.user.is_authenticated and request.method != "POST" and not is_again:
        return SeeOther(way_on)
    form = AuthenticationForm(request, data=request.POST if request.method == "POST" else None)
    status = 200
    context = {"next": way_on, "is_again": is_again}
    if request.method == "POST":
        account = request.POST.get("username", "")
        wait = wait_before_sign_in(account, address_of(request), is_known=is_known(request, account))
        if wait:
            context |= {"form": AuthenticationForm(request), "is_throttled": True, "is_for_today": wait > SECONDS}
            response = render(request, "desk/sign_in.html", context, status=TOO_MANY)
            response["Retry-After"] = str(wait)
            return response
        if form.is_valid():
            user = form.get_user()
            request.session.flush()  # else whoever signs in again would keep the key they had
            login(request, user)
            answer = SeeOther(way_on)
            remember(answer, user)
            return answer
        status = UNPROCESSABLE
    return render(request, "desk/sign_in.html", {**context, "form": form, "failed": status != 200}, status=status)


def _way_on(address: str, request: HttpRequest) -> str:
    """Return where to go after signing in: a page of the desk, whatever was asked for."""
    is_here = url_has_allowed_host_and_scheme(address, allowed_hosts=None) and address.startswith(PREFIX)
    return address if is_here else reverse("desk:home")


@require_POST
@private
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
    return SeeOther(reverse("desk:sign_in"))


class SetPassword(PasswordResetConfirmView):
    """Set a password by a one-time link. Only the form uses the link up, so that a link preview cannot."""

    template_name = "desk/set_password.html"
    success_url = reverse_lazy("desk:sign_in")

    @method_decorator(private)  # type: ignore[arg-type]
    def dispatch(self, *args: Any, **kwargs: Any) -> Any:
        """Serve the page, kept by no cache."""
        return super().dispatch(*args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        """Say that it worked on the page that follows."""
        messages.success(self.request, _("Your password is set. You can sign in with it now."))
        response = super().form_valid(form)
        remember(response, form.user)
        return response


class ChangePassword(PasswordChangeView):
    """Change one's own password; every other session of one's own ends."""

    template_name = "desk/change_password.html"
    success_url = reverse_lazy("desk:home")

    @method_decorator(editor)  # type: ignore[arg-type]
    def dispatch(self, *args: Any, **kwargs: Any) -> Any:
        """Serve the page to editors only."""
        return super().dispatch(*args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Count tries as at signing in: the old password can be guessed here too, by whoever has the session."""
        wait = wait_before_sign_in(request.user.get_username(), address_of(request))
        return please_wait(request, wait) if wait else super().post(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        """Say that it worked on the page that follows."""
        messages.success(self.request, _("Your password is changed."))
        response = super().form_valid(form)
        remember(response, form.user)
        return response
