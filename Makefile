# Two commands are enough: make run, make test. VAR= (data) and PORT= let two copies run side by side.
VAR ?= var
PORT ?= 8000
PYTHON := .venv/bin/python
PYTEST := $(PYTHON) -m pytest
# Two browsers at a time, a file each, in the order of tests/browser/conftest.py: what is looked at waits for two thirds
# of the time.
BROWSER := tests/browser -n 2 --dist loadfile --no-loadscope-reorder
APPS := livelihood projects funding supervision

# Embedded PostgreSQL and Valkey; production sets DATABASE_URL and REDIS_URL and does not come through here.
export LIVELIHOOD_EMBEDDED := 1
export LIVELIHOOD_VAR := $(abspath $(VAR))
export PORT
unexport LIVELIHOOD_DATABASE LIVELIHOOD_TEST_VAR DJANGO_SETTINGS_MODULE
# Where this is set, each of the many processes of a run compiles all of the tests anew: five seconds apiece.
unexport PYTHONDONTWRITEBYTECODE

# What the deployment checks look at; nothing connects to these addresses.
PRODUCTION := env LIVELIHOOD_EMBEDDED=0 ALLOWED_HOSTS=progress.example.gov.cn \
	SECRET_KEY=checked-only-7f3a9d52c1e84b06a5d9e7c2f1048b63aa51d20e \
	DATABASE_URL=postgresql://app:secret@localhost/livelihood \
	DATABASE_OWNER_URL=postgresql://owner:secret@localhost/livelihood REDIS_URL=redis://localhost/0

# What to do when a check has failed: a step ends with $(call else,sentence).
else = || { printf '\n→ %s\n' "$(1)" >&2; exit 1; }

.DEFAULT_GOAL := help
.PHONY: help install run stop test test-fast test-long check fix bench bench-long coverage shell screenshots

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: ## everything into .venv and node_modules, and what the browser tests need of the system
	@scripts/install.sh --tests

run: ## the whole product with demo data: servers, web, worker, beat (PORT=8000 VAR=var); Ctrl+C ends it
	@scripts/install.sh
	@exec $(PYTHON) manage.py serve_all

stop: ## end a `make run` of this VAR from elsewhere, and its servers
	@$(PYTHON) manage.py serve_all --stop

test: install ## the whole suite on servers of its own, browser tests last
	$(PYTEST) -n auto -m "not browser and not long"
	$(PYTEST) $(BROWSER) -m "browser and not long"

test-fast: ## what to run while writing: no browser, nothing slow
	@scripts/install.sh
	$(PYTEST) -n auto -m "not browser and not long and not slow"

test-long: install ## more load, kill points and fuzzing: a thousand examples per property, every page in both sizes
	HYPOTHESIS_PROFILE=long $(PYTEST) -n auto --timeout 1800 -m "long and not browser"
	HYPOTHESIS_PROFILE=long $(PYTEST) $(BROWSER) --timeout 1800 -m "long and browser"

check: ## lint, format, migrations, settings, templates, import direction, browser support
	@scripts/install.sh
	$(PYTHON) -m ruff check . $(call else,make fix puts most of these right; the rest by hand at the lines named.)
	$(PYTHON) -m ruff format --check . $(call else,Run make fix: it formats them.)
	$(PYTHON) manage.py check --fail-level WARNING $(call else,Each warning names its model or setting and a HINT.)
	$(PRODUCTION) $(PYTHON) manage.py check --deploy --fail-level WARNING \
		$(call else,A setting is not fit for production: see livelihood/settings.py.)
	$(PYTHON) manage.py makemigrations --check --dry-run \
		$(call else,Models have changed: .venv/bin/python manage.py makemigrations APP -n short_name.)
	find templates -name '*.html' -exec .venv/bin/djade --check --target-version 5.2 {} + \
		$(call else,Run make fix: it formats the templates.)
	$(PYTHON) -m djlint --lint --quiet templates $(call else,By hand: the code in front of each line is explained on djlint.com.)
	$(PYTEST) --quiet tests/test_structure.py \
		$(call else,Imports point one way: livelihood <- projects <- funding <- supervision. Register what an upper app adds.)
	PATH="$(CURDIR)/.venv/bin:$$PATH" npm run --silent lint \
		$(call else,Chromium 86 does not know what is named: use an older way to say it.)

fix: ## what the linters and formatters can put right themselves
	@scripts/install.sh
	-$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .
	-find $(APPS) tests -name '*.py' -not -path '*/migrations/*' -exec $(PYTHON) -m django_upgrade --target-version 5.2 {} +
	-find templates -name '*.html' -exec .venv/bin/djade --target-version 5.2 {} +

shell: ## a Python prompt on the data of this VAR, the models at hand
	@scripts/install.sh
	@$(PYTHON) manage.py shell

coverage: ## which lines and branches the tests reach
	@scripts/install.sh
	$(PYTEST) -n auto -m "not browser and not long" --cov --cov-report term-missing:skip-covered

bench: install ## measure against the bars of docs/performance.md, five runs each
	$(PYTHON) -m benchmarks

bench-long: install ## the same with fifteen runs each and the larger files, for figures to rely on
	$(PYTHON) -m benchmarks --repeats 15 --long

screenshots: install ## the pictures of README and manual, from the running product (docs/images)
	@$(PYTHON) scripts/screenshots.py
