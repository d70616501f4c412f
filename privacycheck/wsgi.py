"""The WSGI application. The current edition is compiled here, before gunicorn forks its workers."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "privacycheck.settings")

application = get_wsgi_application()

from apps.website.start import warm_up  # noqa: E402  (models can be imported only after Django is set up)

warm_up()
