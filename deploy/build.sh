#!/bin/sh
# Makes all that can be made before the site is started, or started anew: the environment, translations, static files.
# The version that is running is not disturbed. SETTINGS names the file of settings.
set -eu
cd "$(dirname "$0")/.."
settings=${SETTINGS:-/etc/privacycheck.env}
[ -r "$settings" ] || { echo "Make $settings first: docs/deploying.md says how." >&2; exit 1; }

[ -x .venv/bin/python ] || python3 -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input --only-binary :all: --require-hashes \
  -r requirements.txt

set -a
# shellcheck disable=SC1090 # it is the operator's
. "$settings"
set +a
if [ -d privacycheck/locale ]; then
  .venv/bin/python manage.py compilemessages --verbosity 0 --ignore .venv
fi
.venv/bin/python manage.py collectstatic --noinput --verbosity 0
.venv/bin/python -m compileall -q apps privacycheck
.venv/bin/python manage.py check --deploy --fail-level WARNING
