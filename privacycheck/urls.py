"""All addresses: pages behind a language, and what programs ask for without one."""

from django.conf.urls.i18n import i18n_patterns
from django.urls import include, path

from apps.website import addresses, api, health, metrics

handler400 = "apps.website.errors.bad_request"
handler403 = "apps.website.errors.permission_denied"
handler404 = "apps.website.errors.page_not_found"
handler500 = "apps.website.errors.server_error"

urlpatterns = [
    # For people; the checkup first, as it is asked for most
    *i18n_patterns(
        path("", include("apps.checkup.urls")),
        path("", include("apps.guidance.urls")),
        path("", include("apps.website.urls")),
        path("", include("apps.classroom.urls")),
        prefix_default_language=True,
    ),
    path("", addresses.to_language, name="to-language"),
    # For those who run the site; `health.answered_early` answers them
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
    # For programs that visit it
    path("robots.txt", addresses.robots, name="robots"),
    path("sitemap.xml", addresses.sitemap, name="sitemap"),
    path("favicon.ico", addresses.favicon, name="favicon"),
    path(".well-known/security.txt", addresses.security_txt, name="security-txt"),
    # For programs that use our content
    path("api/editions/", api.editions, name="api-editions"),
    path("api/editions/<int:number>.json", api.edition, name="api-edition"),
    path("api/schema.json", api.schema, name="api-schema"),
    # For editors
    path("editor/", include("apps.desk.urls")),
]
