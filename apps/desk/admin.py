"""People of the desk, in Django's admin at /editor/admin/: administrators make accounts, give roles and new links."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.desk.limits import wait_before_change_of_people
from apps.desk.roles import Role, create_editor, remove_editor, renew_link, role_of, set_active, set_role
from apps.desk.sessions import is_recent
from apps.desk.views.wait import please_wait

ROLES = {
    Role.WRITER: _("writer: edits the draft"),
    Role.PUBLISHER: _("publisher: also publishes and rolls back"),
    Role.ADMINISTRATOR: _("administrator: also looks after people"),
}


class PeopleSite(admin.AdminSite):
    """The admin, for administrators alone, within an hour of signing in. That happens on the desk's own page."""

    site_header = _("People of the desk")
    site_title = _("People")
    index_title = _("People")
    site_url = "/editor/"
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        """Let in who may look after people, and has given their password lately."""
        return request.user.is_active and request.user.has_perm("auth.view_user") and is_recent(request)

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Any:
        """Serve a page of the admin, and so many changes in an hour."""
        page = super().admin_view(view, cacheable)

        @wraps(page)
        def limited(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if request.method == "POST" and self.has_permission(request):
                wait = wait_before_change_of_people(_administrator(request).pk)
                if wait:
                    return please_wait(request, wait)
            return page(request, *args, **kwargs)

        return limited

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Send people to the desk's sign-in page, which counts tries; who lacks the role, to the desk."""
        if request.user.is_authenticated and not request.user.has_perm("auth.view_user"):
            return HttpResponseRedirect(reverse("desk:home"))
        way_back = urlencode({"next": request.GET.get("next", "")})
        return HttpResponseRedirect(f"{reverse('desk:sign_in')}?{way_back}")

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Leave the admin for the desk, where signing out is a button."""
        return HttpResponseRedirect(reverse("desk:home"))

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Send people to the desk's own page, which counts tries."""
        return HttpResponseRedirect(reverse("desk:password"))


class PersonForm(forms.ModelForm):  # type: ignore[type-arg]  # at run time it takes no parameter
    """An account: a name, a role, whether it is in use. Passwords are set by their owners alone."""

    role = forms.ChoiceField(label=_("Role"), choices=[(role.value, words) for role, words in ROLES.items()])

    class Meta:
        model = User
        fields = ("username", "email", "is_active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        role = role_of(self.instance) if self.instance.pk else Role.WRITER
        self.fields["role"].initial = role.value if role else Role.WRITER.value

    def clean_username(self) -> str:
        """Refuse a name that differs from another's only in capitals."""
        name: str = self.cleaned_data["username"]
        if User.objects.filter(username__iexact=name).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("Somebody has this name already."))
        return name


class PersonAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """List, add and change accounts. Each new account, and each new link, is told once."""

    form = PersonForm
    fields = ("username", "email", "role", "is_active")
    list_display = ("username", "role", "is_active", "last_login")
    search_fields = ("username", "email")
    ordering = ("username",)
    actions = ("new_link",)

    @admin.display(description=_("Role"))
    def role(self, person: User) -> str:
        """Return the role in words."""
        found = role_of(person)
        return str(ROLES[found]) if found else "–"

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Store an account with its role; a new one gets a link to set its password."""
        role = Role(form.cleaned_data["role"])
        by, is_active = _administrator(request), obj.is_active
        if change:
            obj.is_active = User.objects.get(pk=obj.pk).is_active
            obj.save()
            set_role(obj, role, by)
            set_active(obj, is_active, by)
            return
        made, link = create_editor(obj.username, role, obj.email, by)
        obj.pk, obj.password = made.pk, made.password
        set_active(made, is_active, by)
        self._tell(request, obj, link)

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        """Remove an account, and say so in the log of people."""
        remove_editor(obj, _administrator(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Remove several accounts, each with a line in the log of people."""
        for person in queryset:
            remove_editor(person, _administrator(request))

    @admin.action(description=_("Give out a new link to set the password"))
    def new_link(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Make a new link for each; older links, the password and open sessions stop working."""
        if not self.has_change_permission(request):
            return
        for person in queryset:
            self._tell(request, person, renew_link(person, _administrator(request)))

    def _tell(self, request: HttpRequest, person: User, link: str) -> None:
        said = _("Link for %(name)s to set a password. It works once, for three days: %(link)s")
        words = str(said) % {"name": person.get_username(), "link": settings.PUBLIC_ORIGIN + link}
        self.message_user(request, words, messages.SUCCESS)


def _administrator(request: HttpRequest) -> User:
    user = request.user
    assert isinstance(user, User)  # noqa: S101 - for the types: nobody else gets this far
    return user


people = PeopleSite(name="people")
people.register(User, PersonAdmin)
