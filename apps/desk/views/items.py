"""Lists of items, the form of one, its history, and what happens when two people save the same one."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.desk.access import EditorRequest, SeeOther, editor
from apps.desk.difference import field_changes
from apps.desk.draft import draft_problems, places_of
from apps.desk.forms.items import Builder, confirmed_in, known_of_draft, read_item, title_of, with_errors
from apps.desk.items import (
    CannotMove,
    EditConflict,
    ItemExists,
    NoSuchItem,
    NothingToRestore,
    Saved,
    StillUsed,
    create_item,
    get_item,
    history_of,
    latest_parent,
    move_item,
    remove_item,
    restore,
    save_item,
    siblings,
    translations_of,
)
from apps.desk.merge import merged
from apps.desk.models import DraftItem, Revision
from apps.desk.shapes import KINDS, PACK, BadShape, Data
from apps.desk.translations import Translation
from apps.desk.views.parts import (
    address_of,
    in_words,
    kind_of,
    listed,
    one_of,
    pack_or_none,
    slug_of,
    title_of_kind,
    told,
)
from apps.editions.pack_files import PackProblem

UNPROCESSABLE, CONFLICT = 422, 409
_STATES = ("due", "problems", "outdated", "missing")


@require_safe
@editor
def item_list(request: EditorRequest, slug: str) -> HttpResponse:
    """List the items of a kind, with search and filters."""
    kind = kind_of(slug)
    if kind == PACK:
        return SeeOther(address_of(PACK, PACK))
    query, topic, state = (request.GET.get(name, "").strip() for name in ("q", "topic", "state"))
    rows = [row for row in listed([kind]) if _is_wanted(row, query, topic, state)]
    topics = [(one.item_id, title_of(one.data, one.item_id)) for one in DraftItem.objects.filter(kind="topic")]
    context = {
        "kind": kind,
        "slug": slug,
        "title": title_of_kind(kind),
        "one": one_of(kind),
        "rows": rows,
        "query": query,
        "topic": topic,
        "state": state,
        "topics": topics if kind in {"question", "action", "guide"} else (),
        "states": [(name, _state_in_words(name)) for name in _STATES],
        "is_filtered": bool(query or topic or state),
        "is_ordered": KINDS[kind].is_ordered,
    }
    return render(request, "desk/list.html", context)


def _is_wanted(row: Any, query: str, topic: str, state: str) -> bool:
    if topic and row.topic != topic:
        return False
    has = {"due": row.is_due, "problems": row.has_problems, "outdated": row.outdated, "missing": row.missing}
    if state in has and not has[state]:
        return False
    return all(word in row.words for word in query.casefold().split())


def _state_in_words(state: str) -> str:
    return {
        "due": _("to be checked again"),
        "problems": _("with problems"),
        "outdated": _("translation older than its original"),
        "missing": _("text missing in a language"),
    }[state]


@require_http_methods(["GET", "HEAD", "POST"])
@editor
def item(request: EditorRequest, slug: str, item_id: str) -> HttpResponse:
    """Edit an item. What cannot be saved comes back with every reason; nothing that was written is lost."""
    kind = kind_of(slug)
    try:
        row = get_item(kind, item_id)
    except NoSuchItem:
        if request.method == "POST" and history_of(kind, item_id):
            return _save(request, kind, item_id, None)
        raise Http404 from None
    if request.method == "POST":
        return _save(request, kind, item_id, row)
    about = _problems_of(kind, item_id)
    return _form_page(request, kind, row.data, row=row, problems=about)


@require_http_methods(["GET", "HEAD", "POST"])
@editor
def new_item(request: EditorRequest, slug: str) -> HttpResponse:
    """Add an item, empty or as a copy of another."""
    kind = kind_of(slug)
    if kind == PACK:
        raise Http404
    if request.method != "POST":
        data = _copied(kind, request.GET.get("copy", ""))
        return _form_page(request, kind, data, parent=request.GET.get("topic", ""))
    data = read_item(kind, request.POST)
    parent = request.POST.get("parent", "")
    if _is_rework(request.POST):
        return _form_page(request, kind, data, parent=parent, extra=request.POST.getlist("add"))
    try:
        saved = create_item(kind, data, request.user, parent)
    except BadShape as error:
        return _form_page(request, kind, data, parent=parent, problems=error.problems, status=UNPROCESSABLE)
    except (ItemExists, CannotMove) as error:
        return _form_page(request, kind, data, parent=parent, refusal=str(error), status=UNPROCESSABLE)
    return _saved(request, kind, saved)


def _copied(kind: str, item_id: str) -> Data:
    row = DraftItem.objects.filter(kind=kind, item_id=item_id).first()
    if row is None:
        return {}
    return {name: value for name, value in row.data.items() if name != KINDS[kind].id_field}


def _is_rework(form: QueryDict) -> bool:
    """Say whether a button was pressed that changes the form and saves nothing."""
    return "add" in form or "show" in form


def _save(request: EditorRequest, kind: str, item_id: str, row: DraftItem | None) -> HttpResponse:
    data = read_item(kind, request.POST)
    version = request.POST.get("version", "")
    expected = int(version) if version.isascii() and version.isdigit() and len(version) < 10 else 0
    if _is_rework(request.POST) and row is not None:
        return _form_page(request, kind, data, row=row, version=expected, extra=request.POST.getlist("add"))
    if row is None and "again" in request.POST:
        return _put_back(request, kind, item_id, data)
    try:
        saved = save_item(kind, item_id, data, expected, request.user, confirmed_in(request.POST))
    except EditConflict as conflict:
        return _conflict_page(request, kind, item_id, row, data, expected, conflict)
    except BadShape as error:
        return _form_page(request, kind, data, row=row, version=expected, problems=error.problems, status=UNPROCESSABLE)
    except (ItemExists, NoSuchItem) as error:
        return _form_page(request, kind, data, row=row, version=expected, refusal=str(error), status=UNPROCESSABLE)
    return _saved(request, kind, saved)


def _put_back(request: EditorRequest, kind: str, item_id: str, data: Data) -> HttpResponse:
    try:
        parent = latest_parent(history_of(kind, item_id)[0])
        saved = create_item(kind, data, request.user, parent)
    except BadShape as error:
        return _form_page(request, kind, data, problems=error.problems, status=UNPROCESSABLE)
    except (ItemExists, CannotMove) as error:
        return _form_page(request, kind, data, refusal=str(error), status=UNPROCESSABLE)
    return _saved(request, kind, saved)


def _saved(request: EditorRequest, kind: str, saved: Saved) -> HttpResponse:
    if saved.item is None:  # only a removal gives none
        return SeeOther(reverse("desk:list", args=[slug_of(kind)]))
    messages.success(request, _("Saved.") if saved.is_changed else _("Nothing was changed."))
    for warning in saved.warnings:
        messages.warning(request, warning)
    return SeeOther(address_of(kind, saved.item.item_id))


def _conflict_page(
    request: EditorRequest,
    kind: str,
    item_id: str,
    row: DraftItem | None,
    data: Data,
    expected: int,
    conflict: EditConflict,
) -> HttpResponse:
    """Show what both wrote. The form below holds both changes together; where both touched a field, the second's."""
    base_of = {revision.number: revision.after for revision in history_of(kind, item_id)}
    base = (base_of.get(expected) or {}).get("data")
    both = merged(base, conflict.theirs, conflict.yours) if conflict.theirs is not None else conflict.yours
    rows = [
        {
            "path": one.path,
            "base": in_words(one.base),
            "theirs": in_words(one.theirs),
            "yours": in_words(one.yours),
            "is_both": one.base not in (one.theirs, one.yours),
        }
        for one in conflict.differences
    ]
    more: dict[str, Any] = {
        "conflict": conflict,
        "conflict_rows": rows,
        "is_gone": conflict.theirs is None,
        "item_id": item_id,
    }
    return _form_page(request, kind, both, row=row, version=conflict.version, status=CONFLICT, **more)


def _form_page(
    request: EditorRequest,
    kind: str,
    data: Data,
    *,
    row: DraftItem | None = None,
    version: int | None = None,
    parent: str = "",
    problems: tuple[PackProblem, ...] = (),
    refusal: str = "",
    extra: list[str] | None = None,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    known = known_of_draft()
    states: tuple[Translation, ...] = translations_of(row, known.languages) if row else ()
    fields = Builder(known, states, extra or ()).fields_of(kind, data)
    fields, listed_problems = with_errors(fields, problems)
    context = {
        "kind": kind,
        "slug": slug_of(kind),
        "one": one_of(kind),
        "list_title": title_of_kind(kind),
        "title": title_of(row.data, row.item_id) if row else _("New: %(one)s") % {"one": one_of(kind)},
        "row": row,
        "version": row.version if row and version is None else version,
        "parent": parent,
        "topics": known.titles.get("topic", ()),
        "fields": fields,
        "languages": known.languages,
        "problems": listed_problems,
        "is_refused": status == UNPROCESSABLE,
        "refusal": refusal,
        "is_new": row is None and "is_gone" not in more,
        "is_ordered": KINDS[kind].is_ordered,
        "place": _place_of(row),
        "preview_address": _preview_address(kind, row),
        "extra": extra or (),
        **more,
    }
    return render(request, "desk/item.html", context, status=status)


def _place_of(row: DraftItem | None) -> tuple[int, int] | None:
    """Return where an item stands among its siblings, counted from 1, and how many they are."""
    if row is None or not KINDS[row.kind].is_ordered:
        return None
    order = [one.pk for one in siblings(row)]
    return (order.index(row.pk) + 1, len(order)) if row.pk in order else None


_PAGES = {
    "question": "method/{}/",
    "action": "actions/{}/",
    "claim": "claims/{}/",
    "guide": "guides/{}/",
    "rights": "rights/{}/",
    "letter": "letters/{}/",
    "term": "glossary/{}/",
    "persona": "practice/{}/",
    "platform": "platforms/",
    "article point": "story/",
}


def _preview_address(kind: str, row: DraftItem | None) -> str:
    if row is None or kind not in _PAGES:
        return ""
    return reverse("desk:preview", args=["en", _PAGES[kind].format(row.item_id)])


def _problems_of(kind: str, item_id: str) -> tuple[PackProblem, ...]:
    pack = pack_or_none()
    return tuple(
        problem
        for problem in draft_problems()
        if any((place.kind, place.item_id) == (kind, item_id) for place in places_of(problem, pack))
    )


# --- Order, removal, history ---------------------------------------------------------------------------


@require_POST
@editor
def move(request: EditorRequest, slug: str, item_id: str) -> HttpResponse:
    """Give an item another place among its siblings, or a question another topic."""
    kind = kind_of(slug)
    said = request.POST.get("position", "")
    position = int(said) - 1 if said.isascii() and said.isdigit() and len(said) < 6 else 0
    try:
        saved = move_item(kind, item_id, position, request.user, request.POST.get("parent") or None)
    except CannotMove as error:
        messages.error(request, str(error))
    except NoSuchItem:
        raise Http404 from None
    else:
        messages.success(request, _("Moved.") if saved.is_changed else _("It is in that place already."))
    return SeeOther(address_of(kind, item_id))


@require_http_methods(["GET", "HEAD", "POST"])
@editor
def remove(request: EditorRequest, slug: str, item_id: str) -> HttpResponse:
    """Ask before an item is removed, and say what would break."""
    kind = kind_of(slug)
    try:
        row = get_item(kind, item_id)
    except NoSuchItem:
        raise Http404 from None
    context: dict[str, Any] = {"row": row, "kind": kind, "slug": slug, "one": one_of(kind)}
    context |= {"title": title_of(row.data, item_id), "address": address_of(kind, item_id)}
    if request.method != "POST":
        return render(request, "desk/remove.html", context)
    version = request.POST.get("version", "")
    expected = int(version) if version.isascii() and version.isdigit() and len(version) < 10 else 0
    try:
        remove_item(kind, item_id, expected, request.user, "anyway" in request.POST)
    except StillUsed as error:
        return render(
            request,
            "desk/remove.html",
            {**context, "broken": told(error.problems, pack_or_none())},
            status=CONFLICT,
        )
    except EditConflict as error:
        return render(request, "desk/remove.html", {**context, "refusal": str(error)}, status=CONFLICT)
    messages.success(request, _("Removed. The log can bring it back."))
    return SeeOther(reverse("desk:history", args=[slug, item_id]))


@require_safe
@editor
def history(request: EditorRequest, slug: str, item_id: str) -> HttpResponse:
    """Show everything that happened to an item, each time with what it was before and after."""
    kind = kind_of(slug)
    revisions = history_of(kind, item_id)
    if not revisions:
        raise Http404
    row = DraftItem.objects.filter(kind=kind, item_id=item_id).first()
    context = {
        "kind": kind,
        "slug": slug,
        "item_id": item_id,
        "one": one_of(kind),
        "address": address_of(kind, item_id) if row else "",
        "entries": [entry_of(revision, row) for revision in revisions],
    }
    return render(request, "desk/history.html", context)


def entry_of(revision: Revision, row: DraftItem | None = None) -> dict[str, Any]:
    """Return a line of the log as pages show it."""
    before, after = revision.before or {}, revision.after or {}
    rows = [
        {"path": change.path, "before": in_words(change.before), "after": in_words(change.after)}
        for change in field_changes(before.get("data"), after.get("data"))
    ]
    for name, label in (("parent", _("topic")), ("position", _("place"))):
        if before and after and before.get(name) != after.get(name):
            rows.append({"path": label, "before": in_words(before.get(name)), "after": in_words(after.get(name))})
    return {
        "revision": revision,
        "one": one_of(revision.kind),
        "rows": rows,
        "address": reverse("desk:history", args=[slug_of(revision.kind), revision.item_id]),
        "is_now": row is not None and row.version == revision.number,
    }


@require_POST
@editor
def restore_version(request: EditorRequest, number: int) -> HttpResponse:
    """Bring back an item as it was at a line of the log."""
    revision = Revision.objects.filter(pk=number).first()
    if revision is None or revision.kind not in KINDS:
        raise Http404
    try:
        saved = restore(revision, request.user)
    except BadShape as error:
        for problem in error.problems:
            messages.error(request, f"{problem.item}: {problem.reason}")
    except (NothingToRestore, CannotMove) as error:
        messages.error(request, str(error))
    else:
        said = _("This version is back.") if saved.is_changed else _("It is like this already.")
        messages.success(request, said)
        for warning in saved.warnings:
            messages.warning(request, warning)
        return SeeOther(address_of(revision.kind, revision.item_id))
    return SeeOther(reverse("desk:history", args=[slug_of(revision.kind), revision.item_id]))
