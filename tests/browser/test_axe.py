"""axe finds nothing on any page in any state: WCAG 2.2 A and AA and best practices, open questions included."""

from __future__ import annotations

import pytest

from tests.browser.helpers import hold, item_paths, part, question_paths, states

WIDTHS = (1280, 320)
COLOURS = {
    "light": {"color_scheme": "light", "forced_colors": "none"},
    "dark": {"color_scheme": "dark", "forced_colors": "none"},
    "forced colours": {"color_scheme": "light", "forced_colors": "active"},
}
PARTS = 5
RULES = {1280: "all", 320: "structure"}
"""What changes with the width is the structure; colours are looked at in all their kinds at the first width."""


@pytest.mark.parametrize("number", range(PARTS))
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_in_any_state_of_any_template_in_any_colours(make_context, server, axe, width, number):
    page = make_context(viewport={"width": width, "height": 900}).new_page()
    found = {}
    for state in part(states(), number, PARTS):
        page.emulate_media(**COLOURS["light"])
        state.enter(page, server)
        for name, colours in COLOURS.items():  # the page stays; only its colours are asked for anew
            if name != "light" and RULES[width] == "structure":
                continue
            page.emulate_media(**colours)
            if problems := axe(page, RULES[width] if name == "light" else "colours"):
                found[f"{state.name}, {name}"] = problems
    assert found == {}


@pytest.mark.parametrize("number", range(PARTS))
def test_axe_finds_nothing_on_any_question_guide_step_claim_or_term(make_context, server, axe, number):
    page = make_context(viewport={"width": 1280, "height": 900}).new_page()
    hold(page, server, "everything open")
    found = {}
    for path in part((*question_paths(), *item_paths()), number, PARTS):
        page.goto(server + path)
        assert page.url == server + path  # with every door open, every question is on screen
        if problems := axe(page, "structure"):  # their templates' colours are looked at above
            found[path] = problems
    assert found == {}
