# PrivacyCheck: `make run` serves the site, `make test` checks everything. `make help` lists all targets.

SHELL := /bin/sh
VENV := .venv
PYTHON := $(VENV)/bin/python
PACK := apps/editions/pack

HOST ?= 127.0.0.1
PORT ?= 8000
PUBLIC_ORIGIN ?= http://$(HOST):$(PORT)
DATA_DIR ?= $(CURDIR)/var
export HOST PORT PUBLIC_ORIGIN DATA_DIR

# What the checks of a production setting are run with: nothing here serves anybody.
CHECKS := $(VENV)/checks
AS_IN_PRODUCTION = PUBLIC_ORIGIN=https://privacycheck.example DATA_DIR=$(CHECKS) DEBUG=0 PROXIES=1 \
  SECRET_KEY=$$($(PYTHON) -c 'import secrets; print(secrets.token_urlsafe(64))')

.DEFAULT_GOAL := help
.PHONY: help run dev test test-postgresql drill lint types imports check audit sbom bench soak messages share-images lock clean
.PHONY: writable port environment environment-dev browser database

help: ## list what make can do
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 24

# --- Serving -------------------------------------------------------------------------------------------

run: writable port environment database ## serve the site on http://127.0.0.1:8000 (HOST, PORT)
	@echo "Collecting static files ..."
	@$(PYTHON) manage.py collectstatic --noinput --verbosity 0
	@echo "PrivacyCheck is at $(PUBLIC_ORIGIN)/  (Ctrl-C stops it)"
	@exec $(PYTHON) -m gunicorn -c privacycheck/gunicorn.conf.py

dev: export DEBUG = 1
dev: writable port environment database ## serve it with a server that reloads on every change
	@exec $(PYTHON) manage.py runserver $(HOST):$(PORT)

# What can be wrong is looked for before anything long begins.
writable:
	@{ mkdir -p "$(DATA_DIR)" && touch "$(DATA_DIR)/.writable" && rm "$(DATA_DIR)/.writable"; } 2>/dev/null \
	  || { echo "Cannot write to $(DATA_DIR). Make it writable, or name another folder: make run DATA_DIR=/path"; exit 1; }

port: writable
	@sh .ci/environment $(VENV)
	@$(PYTHON) .ci/port_is_free.py "$(HOST)" "$(PORT)"

database: environment
	@echo "Preparing the database ..."
	@$(PYTHON) manage.py migrate_all --verbosity 0
	@echo "Publishing the shipped content, if it is new ..."
	@$(PYTHON) manage.py publish_pack $(PACK) --if-new --note "The content that came with this version"

environment: port
	@sh .ci/environment $(VENV) requirements.txt

# --- Checking ------------------------------------------------------------------------------------------

test: lint types imports check browser ## run every check and every test, the real browser included
	@$(PYTHON) .ci/audit.py --warn requirements.txt requirements-dev.txt
	@$(PYTHON) -m pytest -n 2 --dist worksteal --durations 10 -m "not drill"

test-postgresql: environment-dev ## run the tests that use a database on PostgreSQL too; minutes
	@echo "Testing with PostgreSQL ..."
	@$(PYTHON) -m tests.on_postgresql -n 2 --dist worksteal

drill: environment-dev ## install, back up, restore and move whole sites; some minutes, needs PostgreSQL and nginx
	@$(PYTHON) -m pytest -n 2 --dist worksteal --durations 10 -m drill

lint: environment-dev ## look for mistakes in the code (ruff, bandit)
	@echo "Looking for mistakes in the code ..."
	@$(PYTHON) -m ruff check .
	@! grep -rnE '\|safe(seq)?\b|autoescape off' templates apps --include='*.html' --include='*.py' \
	  || { echo "Every value in a page is escaped: leave these out."; exit 1; }
	@$(PYTHON) -m bandit -q -c pyproject.toml -r apps privacycheck -ll

types: environment-dev ## check the types (mypy)
	@echo "Checking the types ..."
	@mkdir -p $(CHECKS)
	@$(AS_IN_PRODUCTION) $(PYTHON) -m mypy

imports: environment-dev ## check that imports point one way (import-linter)
	@echo "Checking that imports point one way ..."
	@$(VENV)/bin/lint-imports --no-cache --no-logo

check: environment-dev ## check settings, migrations, translations and the content
	@mkdir -p $(CHECKS)
	@echo "Checking the settings for production ..."
	@$(AS_IN_PRODUCTION) $(PYTHON) manage.py check --deploy --fail-level WARNING
	@echo "Checking for changes without a migration ..."
	@$(AS_IN_PRODUCTION) $(PYTHON) manage.py makemigrations --check --dry-run
	@echo "Checking the translations ..."
	@$(AS_IN_PRODUCTION) $(PYTHON) .ci/translations.py
	@echo "Checking the content ..."
	@$(AS_IN_PRODUCTION) $(PYTHON) manage.py check_pack $(PACK) >$(CHECKS)/content.txt 2>&1 \
	  || { cat $(CHECKS)/content.txt; exit 1; }
	@tail -n 1 $(CHECKS)/content.txt

audit: environment-dev ## look every dependency up in the lists of known weaknesses; needs a network
	@$(PYTHON) .ci/audit.py requirements.txt requirements-dev.txt

sbom: environment-dev ## list what the site is made of, as CycloneDX (sbom.json in DATA_DIR)
	@mkdir -p $(DATA_DIR)
	@$(PYTHON) -m cyclonedx_py requirements --output-reproducible --of JSON -o $(DATA_DIR)/sbom.json requirements.txt
	@echo "Written: $(DATA_DIR)/sbom.json"

bench: environment-dev ## measure bytes, speed, memory and load, as ratios to a bare Django view
	@$(PYTHON) -m tests.bench

soak: environment-dev ## use the site for ten minutes and watch its memory
	@$(PYTHON) -m tests.bench --soak

environment-dev:
	@sh .ci/environment $(VENV) requirements-dev.txt

browser:
	@found=$$(sh .ci/browser) || { echo "$$found"; exit 1; }

# --- Looking after it ----------------------------------------------------------------------------------

messages: environment-dev ## collect the strings to translate (NEW=fr begins a language); needs GNU gettext
	@$(PYTHON) manage.py makemessages $(if $(NEW),--locale $(NEW),--all) --no-location --no-obsolete --ignore $(VENV)
	@$(PYTHON) manage.py compilemessages --ignore $(VENV)

share-images: environment-dev browser ## draw the preview images that shared links show
	@$(PYTHON) .ci/share_images.py

lock: environment-dev ## renew the pins of all dependencies, with their hashes
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check uv
	@for name in requirements requirements-dev; do \
	  echo "Pinning $$name.in ..."; \
	  $(PYTHON) -m uv pip compile --quiet --upgrade --universal --python-version 3.10 --generate-hashes \
	    --no-emit-index-url --custom-compile-command "make lock" $$name.in -o $$name.txt || exit 1; \
	done

clean: ## remove what was made, but no data
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
