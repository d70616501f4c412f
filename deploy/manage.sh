#!/bin/sh
# A command of manage.py with the settings of the site, as its user: manage.sh create_editor NAME --role publisher
set -eu
cd "$(dirname "$0")/.."
set -a
# shellcheck disable=SC1090 # it is the operator's
. "${SETTINGS:-/etc/privacycheck.env}"
set +a
if [ "$(id -un)" = root ]; then
  exec runuser --user privacycheck -- .venv/bin/python manage.py "$@"
fi
exec .venv/bin/python manage.py "$@"
