"""Addresses of the desk, all below /editor/."""

from django.urls import include, path

from apps.desk.admin import people
from apps.desk.views import account, exchange, items, overview, preview, publish

_desk = [
    path("", overview.home, name="home"),
    # One's own account
    path("sign-in/", account.sign_in, name="sign_in"),
    path("sign-out/", account.sign_out, name="sign_out"),
    path("set-password/<uidb64>/<token>/", account.SetPassword.as_view(), name="set_password"),
    path("password/", account.ChangePassword.as_view(), name="password"),
    # The draft
    path("items/<slug:slug>/", items.item_list, name="list"),
    path("items/<slug:slug>/new/", items.new_item, name="new"),
    path("items/<slug:slug>/<slug:item_id>/edit/", items.item, name="item"),
    path("items/<slug:slug>/<slug:item_id>/move/", items.move, name="move"),
    path("items/<slug:slug>/<slug:item_id>/remove/", items.remove, name="remove"),
    path("items/<slug:slug>/<slug:item_id>/history/", items.history, name="history"),
    path("log/", overview.log, name="log"),
    path("log/people/", overview.log_of_people, name="log_of_people"),
    path("log/<int:number>/restore/", items.restore_version, name="restore"),
    path("problems/", overview.problems, name="problems"),
    path("queue/", overview.queue, name="queue"),
    path("map/", overview.question_map, name="map"),
    path("at/", overview.at, name="at"),
    # What it would look like
    path("markdown/", preview.markdown, name="markdown"),
    path("preview/<slug:language>/", preview.page, name="preview"),
    path("preview/<slug:language>/<path:rest>", preview.page, name="preview"),
    # Publishing
    path("publish/", publish.overview, name="publish"),
    path("publish/now/", publish.publish, name="publish_now"),
    path("publish/calibrate/", publish.calibrate, name="calibrate"),
    path("publish/ask/", publish.ask, name="ask"),
    path("publish/sensitivity/", publish.try_others, name="sensitivity"),
    path("publish/approve/", publish.agree, name="approve"),
    path("publish/scheduled/<int:number>/cancel/", publish.cancel_publication, name="cancel"),
    path("publish/back/<int:number>/", publish.back, name="roll_back"),
    # Packs
    path("exchange/", exchange.exchange, name="exchange"),
    path("exchange/import/", exchange.bring_in, name="import"),
    path("exchange/edition/", exchange.take_edition, name="take_edition"),
    path("exchange/draft.zip", exchange.export_draft, name="export_draft"),
    path("exchange/edition-<int:number>.zip", exchange.export_edition, name="export_edition"),
]

urlpatterns = [
    path("admin/", people.urls),
    path("", include((_desk, "desk"))),
]
