"""The reader's own phones and apps come first: chosen by the reader, kept in the sheet, never guessed."""

from __future__ import annotations

import re

from tests.checkup.walking import RESULT, begin, walk

CHOOSE = "/en/plan/platforms/"


def _links(page: str, action: str) -> list[tuple[bool, str]]:
    """Return the links to platforms of one step of the plan, in order: whether marked as the reader's own, and where."""
    row = re.search(rf'<button class="tick"[^>]*id="tick-{action}".*?</li>', page, re.DOTALL)[0]
    return [
        (bool(own), step)
        for own, step in re.findall(rf' · <a( class="own")? href="/en/actions/{action}/#([\w-]+)"', row)
    ]


def _page(client) -> str:
    return client.get(RESULT).content.decode()


def test_steps_for_one_s_own_platforms_come_first_and_are_marked(client, edition):
    walk(client, edition, "maya")
    page = _page(client)
    action = next(row for row in re.findall(r'id="tick-([a-z0-9]+)"', page) if len(_links(page, row)) > 1)
    before = _links(page, action)
    assert not any(own for own, _ in before)
    last = edition.steps[before[-1][1]][0].id
    response = client.post(CHOOSE, {"platform": [last]})
    assert response.status_code == 303
    assert response["Location"] == f"{RESULT}#plan"
    after = _links(_page(client), action)
    assert after[0] == (True, before[-1][1])
    assert sorted(step for _, step in after) == sorted(step for _, step in before)
    assert sum(own for own, _ in after) == 1


def test_the_choice_is_kept_in_the_sheet_shown_again_and_can_be_taken_back(client, edition):
    walk(client, edition, "maya")
    client.post(CHOOSE, {"platform": ["iphone", "alipay"]})
    page = _page(client)
    assert 'value="iphone" id="platform-iphone" checked' in page
    assert "Your phones and apps:" in page
    assert "iPhone" in client.get("/en/self-audit/").content.decode()
    client.post(CHOOSE, {})
    page = _page(client)
    assert "Your phones and apps:" not in page
    assert not re.search(r'name="platform"[^>]*checked', page)


def test_every_platform_is_offered_and_leads_to_the_public_list(client, edition):
    walk(client, edition, "maya")
    page = _page(client)
    assert re.findall(r'name="platform" value="([\w-]+)"', page) == list(edition.platforms)
    assert 'href="/en/platforms/"' in page


def test_the_browser_s_name_chooses_nothing(client, edition):
    walk(client, edition, "maya")
    agents = ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X)", "Mozilla/5.0 (Linux; Android 16; Pixel 10)")
    pages = [client.get(RESULT, headers={"user-agent": agent}).content.decode() for agent in agents]
    without_token = {re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", page) for page in pages}
    assert len(without_token) == 1


def test_an_unknown_platform_is_404_and_changes_nothing(client, edition):
    begin(client)
    client.post(CHOOSE, {"platform": ["iphone"]})
    assert client.post(CHOOSE, {"platform": ["iphone", "toaster"]}).status_code == 404
    assert 'id="platform-iphone" checked' in _page(client) or "Nothing is answered yet" in _page(client)
    assert client.get(CHOOSE).status_code == 405


def test_the_order_of_the_plan_is_kept(client, edition):
    walk(client, edition, "maya")
    response = client.post(CHOOSE, {"platform": ["iphone"], "order": "drop"})
    assert response["Location"] == f"{RESULT}?order=drop#plan"


def test_the_result_leads_to_the_rights_of_the_place(client, edition):
    walk(client, edition, "maya")
    assert 'href="/en/rights/uk/"' in _page(client)
    begin(client)
    assert 'href="/en/rights/"' in _page(client)
