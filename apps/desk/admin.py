"""People of the desk, in Django's admin at /editor/admin/: administrators make accounts, give roles and new links."""

from __future__ import annotations

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

from apps.desk.roles import Role, create_editor, renew_link, role_of, set_role

ROLES = {
    Role.WRITER: _("writer: edits the draft"),
    Role.PUBLISHER: _("publisher: also publishes and rolls back"),
    Role.ADMINISTRATOR: _("administrator: also looks after people"),
}


class PeopleSite(admin.AdminSite):
    """The admin, for administrators alone. Signing in happens on the desk's own page."""

    site_header = _("People of the desk")
    site_title = _("People")
    index_title = _("People")
    site_url = "/editor/"
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        """Let in who may look after people."""
        return request.user.is_active and request.user.has_perm("auth.view_user")

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Send people to the desk's sign-in page, which counts tries; who lacks the role, to the desk."""
        if request.user.is_authenticated:
            return HttpResponseRedirect(reverse("desk:home"))
        way_back = urlencode({"next": request.GET.get("next", "")})
        return HttpResponseRedirect(f"{reverse('desk:sign_in')}?{way_back}")

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Leave the admin for the desk, where signing out is a button."""
        return HttpResponseRedirect(reverse("desk:home"))


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
        if change:
            obj.save()
            set_role(obj, role)
            return
        made, link = create_editor(obj.username, role, obj.email)
        obj.pk, obj.password = made.pk, made.password
        if not obj.is_active:
            User.objects.filter(pk=made.pk).update(is_active=False)
        self._tell(request, obj, link)

    @admin.action(description=_("Give out a new link to set the password"))
    def new_link(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Make a new link for each; older links, the password and open sessions stop working."""
        if not self.has_change_permission(request):
            return
        for person in queryset:
            self._tell(request, person, renew_link(person))

    def _tell(self, request: HttpRequest, person: User, link: str) -> None:
        said = _("Link for %(name)s to set a password. It works once, for three days: %(link)s")
        words = str(said) % {"name": person.get_username(), "link": settings.PUBLIC_ORIGIN + link}
        self.message_user(request, words, messages.SUCCESS)


people = PeopleSite(name="people")
people.register(User, PersonAdmin)
