#!/bin/sh
# Prints the configuration of nginx for a small server. Each value can be given by environment.
set -eu
cd "$(dirname "$0")"
: "${SERVER_NAME:?Set SERVER_NAME to the host that visitors use}"
: "${PUBLIC_ORIGIN:=https://$SERVER_NAME}" "${UPSTREAM:=127.0.0.1:8000}" "${HTTP_PORT:=80}" "${HTTPS_PORT:=443}"
: "${CERTIFICATE:=/etc/letsencrypt/live/$SERVER_NAME/fullchain.pem}"
: "${CERTIFICATE_KEY:=/etc/letsencrypt/live/$SERVER_NAME/privkey.pem}"
: "${CACHE_DIR:=/var/lib/nginx/privacycheck}" "${ACME_DIR:=/var/www/html}"
export SERVER_NAME PUBLIC_ORIGIN UPSTREAM HTTP_PORT HTTPS_PORT CERTIFICATE CERTIFICATE_KEY CACHE_DIR ACME_DIR
# Only these: nginx has variables of its own.
# shellcheck disable=SC2016 # they are names here, not values
exec envsubst '${SERVER_NAME} ${PUBLIC_ORIGIN} ${UPSTREAM} ${HTTP_PORT} ${HTTPS_PORT}
  ${CERTIFICATE} ${CERTIFICATE_KEY} ${CACHE_DIR} ${ACME_DIR}' <nginx.conf.template
