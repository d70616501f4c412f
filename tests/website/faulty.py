"""Settings of a site that logs and counts everything, and has pages that fail."""

from privacycheck.settings import *  # noqa: F403

TOKEN = METRICS_TOKEN = "a-token-of-the-operator-0123456789"
REQUEST_LOG = "all"
ROOT_URLCONF = "tests.website.faulty_urls"
