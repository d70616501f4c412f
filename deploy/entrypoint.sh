#!/bin/sh
# What a container of the site does:
#   serve     answer requests (the default)
#   prepare   bring the tables up to date and publish the shipped content if nothing is published; before `serve`
#   tasks     publish what was scheduled, every five minutes, and delete what has had its days, once a day
# Anything else is a command of manage.py, for example: create_editor NAME --role publisher
#
# A secret may come as a file: SECRET_KEY_FILE=/run/secrets/secret_key sets SECRET_KEY. PGPASSWORD is the password of
# the database, where DATABASE_URL has none.
set -eu
cd "$(dirname "$0")/.."

for name in SECRET_KEY SECRET_KEY_FALLBACKS METRICS_TOKEN DATABASE_URL PGPASSWORD; do
  file=$(printenv "${name}_FILE") || continue
  [ -r "$file" ] || { echo "Not started: ${name}_FILE names $file, which cannot be read." >&2; exit 1; }
  value=$(cat "$file")
  export "$name=$value"
  unset "${name}_FILE"
done

case ${1:-serve} in
  serve)
    exec gunicorn -c privacycheck/gunicorn.conf.py
    ;;
  prepare)
    python manage.py migrate_all --verbosity 0
    exec python manage.py publish_pack apps/editions/pack --if-new --note "The content that came with this version"
    ;;
  tasks)
    trap 'exit 0' TERM INT
    day=""
    while :; do
      # A task that fails says why; the next round tries again.
      python manage.py publish_due || true
      if [ "$day" != "$(date -u +%F)" ] && python manage.py purge_classes && python manage.py clearsessions; then
        day=$(date -u +%F)
      fi
      sleep 300 &
      wait $!
    done
    ;;
  *)
    exec python manage.py "$@"
    ;;
esac
