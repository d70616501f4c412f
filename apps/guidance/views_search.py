"""The search page: the same for everybody who asks the same, without a script, a cookie or a query to a database."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language

from apps.editions.compiled import ORIGINAL, CompiledEdition
from apps.editions.public import public_answer
from apps.guidance.search import LONGEST_QUERY, cleaned, index_of
from privacycheck.visitors import Limiter

LIMIT = Limiter(most=300, seconds=60)
"""Searches by network, in each process: ten a minute for each pupil of a class."""


@LIMIT(lambda request: "q" in request.GET)
@public_answer
def search(request: HttpRequest, edition: CompiledEdition) -> HttpResponse:
    """Show what fits the words in the address, best first; without words, only the form and where else to look."""
    language = get_language() or ORIGINAL
    query = cleaned(request.GET.get("q", ""))
    context = {
        "edition": edition,
        "untranslated": language not in {spoken.code for spoken in edition.pack.languages},
        "query": query,
        "longest_query": LONGEST_QUERY,
        "found": index_of(edition, language).search(query) if query else None,
        "guides": edition.pack.guides,
    }
    return render(request, "guidance/search.html", context)
