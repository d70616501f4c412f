# The site as an image. It runs as a user without rights, on a file system that can be read-only: nothing but /data,
# /tmp and /dev/shm is ever written to, and with PostgreSQL not even /data. docs/deploying.md says how to use it.

# The version of Python that all tests run with. Add its digest (name:tag@sha256:...) to build on the same bytes each
# time; without it, building anew takes the fixes of Debian along.
ARG PYTHON=python:3.11.15-slim-bookworm

# --- Build: what is needed to make the site, but not to run it -----------------------------------------------------
FROM ${PYTHON} AS build

# Translations are compiled with whatever gettext the distribution has; none of it stays.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install --yes --no-install-recommends gettext && rm -rf /var/lib/apt/lists/*

WORKDIR /app
COPY requirements.txt .
# An environment without pip, filled by the pip of the base image; packages that would have to be built are refused.
RUN python -m venv --without-pip /opt/venv \
    && python -m pip --python /opt/venv/bin/python install --no-cache-dir --disable-pip-version-check --no-input \
        --only-binary :all: --require-hashes -r requirements.txt

ENV PATH=/opt/venv/bin:$PATH STATIC_ROOT=/app/collected
COPY . .
RUN if [ -d privacycheck/locale ]; then python manage.py compilemessages --verbosity 0; fi \
    && python manage.py collectstatic --noinput --verbosity 0 \
    && python -m compileall -q apps privacycheck \
    && rm -rf var

# --- Run -----------------------------------------------------------------------------------------------------------
FROM ${PYTHON}

RUN groupadd --gid 10001 privacycheck \
    && useradd --uid 10001 --gid 10001 --home-dir /data --no-create-home --shell /usr/sbin/nologin privacycheck \
    && install --directory --owner 10001 --group 10001 --mode 0700 /data \
    && rm -rf "$(python -c 'import os, ensurepip; print(os.path.dirname(ensurepip.__file__))')" \
    && python -m pip uninstall --yes --quiet --root-user-action ignore pip setuptools wheel

COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app

ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MALLOC_ARENA_MAX=1 \
    MALLOC_TRIM_THRESHOLD_=65536 \
    DATA_DIR=/data \
    STATIC_ROOT=/app/collected \
    HOST=0.0.0.0 \
    PORT=8000
WORKDIR /app
USER 10001:10001
VOLUME /data
EXPOSE 8000
# The process alone: a database that is away must not get the site restarted, most pages do without it.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 CMD ["python", "deploy/healthy.py"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["sh", "deploy/entrypoint.sh"]
CMD ["serve"]
