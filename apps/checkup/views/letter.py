"""One letter, filled in by a form. What is typed goes into the answer to this request and nowhere else."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods

from apps.checkup.cookies import Visit, personal, works_without_sheet
from apps.checkup.forms import LetterForm
from apps.checkup.views.parts import banner
from apps.checkup.views.walk import UNPROCESSABLE
from apps.editions.compiled import ORIGINAL, is_due
from apps.guidance.letters import fill


@require_http_methods(["GET", "HEAD", "POST"])
@personal
@works_without_sheet
def letter(request: HttpRequest, visit: Visit, letter_id: str) -> HttpResponse:
    """Show a letter with brackets for what is missing, filled as far as the form says, or give it as a text file.

    The letter is of the current edition, whatever edition the visitor's answers have: laws move.
    """
    edition = visit.current
    item = edition.letters.get(letter_id)
    if item is None:
        raise Http404
    place = visit.sheet.place if visit.sheet and visit.sheet.place in edition.places else None
    form = LetterForm(edition, item, request.POST if request.method == "POST" else None, place=place)
    is_valid = form.is_valid()
    if form.is_bound:
        place = form.cleaned_data.get("place") or None
    filled = fill(item, get_language() or ORIGINAL, form.values(), place)
    if is_valid and LetterForm.AS_TEXT in request.POST:
        response = HttpResponse(filled.text, content_type="text/plain; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="privacycheck-letter-{item.id}.txt"'
        return response
    notes = dict.fromkeys(
        claim for text in (item.send, item.after) for claim in edition.html(text, get_language() or ORIGINAL).cited
    )
    context = {
        "edition": edition,
        "visit": visit,
        "banner": banner(visit),
        "letter": item,
        "form": form,
        "filled": filled,
        "is_due": is_due(item.checked, item.due),
        "rights": edition.rights.get(place or ""),
        "place": edition.places.get(place or ""),
        "send_cited": edition.html(item.send, get_language() or ORIGINAL).cited,
        "notes": [edition.claims[claim] for claim in dict.fromkeys((*notes, *item.claims))],
    }
    return render(request, "checkup/letter.html", context, status=UNPROCESSABLE if form.errors else 200)
