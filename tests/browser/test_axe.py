"""axe finds nothing on any page in any state: WCAG 2.2 A and AA and best practices, open questions included."""

from __future__ import annotations

import pytest

from tests.browser.helpers import hold, item_paths, part, question_paths, states

SETTINGS = {
    "light, 1280 px": {"color_scheme": "light", "viewport": {"width": 1280, "height": 900}},
    "light, 320 px": {"color_scheme": "light", "viewport": {"width": 320, "height": 640}},
    "dark, 1280 px": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 900}},
    "dark, 320 px": {"color_scheme": "dark", "viewport": {"width": 320, "height": 640}},
    "forced colours, 1280 px": {"forced_colors": "active", "viewport": {"width": 1280, "height": 900}},
    "forced colours, 320 px": {"forced_colors": "active", "viewport": {"width": 320, "height": 640}},
}
PARTS = 3


@pytest.mark.parametrize("number", range(PARTS))
@pytest.mark.parametrize("setting", SETTINGS)
def test_axe_finds_nothing_in_any_state_of_any_template(make_context, server, axe, setting, number):
    page = make_context(**SETTINGS[setting]).new_page()
    found = {}
    for state in part(states(), number, PARTS):
        state.enter(page, server)
        if problems := axe(page):
            found[state.name] = problems
    assert found == {}


@pytest.mark.parametrize("number", range(PARTS))
def test_axe_finds_nothing_on_any_question_guide_step_claim_or_term(make_context, server, axe, number):
    page = make_context(**SETTINGS["light, 1280 px"]).new_page()
    hold(page, server, "everything open")
    found = {}
    for path in part((*question_paths(), *item_paths()), number, PARTS):
        page.goto(server + path)
        if problems := axe(page):
            found[path] = problems
    assert found == {}


def test_every_question_is_on_screen_when_every_door_is_open(make_context, server):
    """Or else the test above would look at another question than it says."""
    page = make_context().new_page()
    hold(page, server, "everything open")
    for path in question_paths():
        page.goto(server + path)
        assert page.url == server + path
