# PrivacyCheck: `make run` serves the site, `make test` checks everything. `make help` lists all targets.

SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
HOST ?= 127.0.0.1
PORT ?= 8000
PUBLIC_ORIGIN ?= http://$(HOST):$(PORT)
DATA_DIR ?= var
PACK := apps/editions/pack
# What the checks for production are run with: nothing here is used to serve anybody.
PRODUCTION = PUBLIC_ORIGIN=https://privacycheck.example SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(64))')
export HOST PORT PUBLIC_ORIGIN DATA_DIR

.DEFAULT_GOAL := help
.PHONY: help run dev test lint types imports check bench lock messages clean prepare browser

help: ## list what make can do
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 18

run: $(VENV)/.run prepare ## serve the site on http://127.0.0.1:8000 (HOST, PORT)
	@echo "PrivacyCheck is at $(PUBLIC_ORIGIN)/  (Ctrl-C stops it)"
	@exec $(BIN)/gunicorn -c privacycheck/gunicorn.conf.py

dev: export DEBUG = 1
dev: $(VENV)/.run ## serve it with a server that reloads on every change
	@$(BIN)/python manage.py migrate --verbosity 0
	@$(BIN)/python manage.py publish_pack $(PACK) --note "Work in progress"
	@exec $(BIN)/python manage.py runserver $(HOST):$(PORT)

prepare:
	@mkdir -p "$(DATA_DIR)" 2>/dev/null && touch "$(DATA_DIR)/.writable" 2>/dev/null && rm -f "$(DATA_DIR)/.writable" \
	  || { echo "Cannot write to $(DATA_DIR). Make it writable, or choose another folder: make run DATA_DIR=/path"; exit 1; }
	@$(BIN)/python .ci/port_is_free.py "$(HOST)" "$(PORT)"
	@echo "Preparing the database ..."
	@$(BIN)/python manage.py migrate --verbosity 0
	@echo "Publishing the shipped content, if it is new ..."
	@$(BIN)/python manage.py publish_pack $(PACK) --note "The content that came with this version"
	@echo "Collecting static files ..."
	@$(BIN)/python manage.py collectstatic --noinput --verbosity 0

test: $(VENV)/.dev lint types imports check browser ## run every check and every test, the real browser included
	@$(BIN)/python -m pytest -n 2 --dist worksteal

lint: $(VENV)/.dev ## look for mistakes in the code (ruff, bandit)
	@$(BIN)/ruff check .
	@$(BIN)/bandit -q -r apps privacycheck -ll

types: $(VENV)/.dev ## check the types (mypy)
	@$(BIN)/mypy

imports: $(VENV)/.dev ## check that imports point one way (import-linter)
	@$(BIN)/lint-imports --no-cache

check: $(VENV)/.dev ## check settings, migrations, translations and the content
	@$(PRODUCTION) $(BIN)/python manage.py check --deploy --fail-level WARNING
	@$(PRODUCTION) $(BIN)/python manage.py makemigrations --check --dry-run
	@$(PRODUCTION) $(BIN)/python manage.py check_pack $(PACK) > "$(DATA_DIR)/check_pack.txt" || { cat "$(DATA_DIR)/check_pack.txt"; exit 1; }
	@tail -n 1 "$(DATA_DIR)/check_pack.txt"

browser: ## make sure that there is a Chromium for the tests
	@sh .ci/browser

bench: $(VENV)/.dev ## measure bytes, speed and memory as ratios to a bare Django view
	@$(BIN)/python -m tests.bench

lock: $(VENV)/.dev ## renew the pins of all dependencies, with their hashes
	@$(BIN)/python -m pip install --quiet uv
	@for name in requirements requirements-dev; do \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.10 --generate-hashes --no-emit-index-url \
	    --custom-compile-command "make lock" $$name.in -o $$name.txt || exit 1; done

messages: $(VENV)/.dev ## collect the strings to translate (needs GNU gettext)
	@$(BIN)/python manage.py makemessages --all --no-location --ignore .venv && $(BIN)/python manage.py compilemessages --ignore .venv

clean: ## remove what was made, but no data
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@sh .ci/environment $(VENV)

# The stamps hold nothing but their date: an installation that was cut short leaves none and is done again.
$(VENV)/.run: requirements.txt | $(VENV)/bin/python
	@echo "Installing what the site needs ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt requirements.txt | $(VENV)/bin/python
	@echo "Installing what the tests need ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@mkdir -p "$(DATA_DIR)"
	@touch $@ $(VENV)/.run
