#!/bin/sh
# Makes the site's own role and database, once, in an empty PostgreSQL: the role may do nothing beyond its database.
set -eu
psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres \
  --set password="$(cat "${DATABASE_PASSWORD_FILE:-/run/secrets/database_password}")" <<'SQL'
CREATE ROLE privacycheck LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'password';
CREATE DATABASE privacycheck OWNER privacycheck ENCODING 'UTF8' TEMPLATE template0;
REVOKE ALL ON DATABASE privacycheck FROM PUBLIC;
SQL
