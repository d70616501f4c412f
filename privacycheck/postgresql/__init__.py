"""Django's PostgreSQL, for a site whose visitors do not wait for a database that hangs."""
