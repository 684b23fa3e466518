# Hearth.  `make demo` to look around, `make run` for your own mail servers, `make test` for everything.
# docs/installing.md says how to put it on a real host.

SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore
export PYTHONUNBUFFERED := 1
export NPM_CONFIG_UPDATE_NOTIFIER := false
export NPM_CONFIG_PROGRESS := false

FRONT := $(shell find static/css static/js static/img templates static/build.mjs static/sprite.mjs \
	static/icons.txt -type f 2>/dev/null)
BUILT := static/built/manifest.json
DEMO := $(VENV)/.installed-demo
DEVELOP := $(VENV)/.installed-develop
COPY := node_modules/.installed
LINTED := webmail tests start bench manage.py

.PHONY: help demo run test check chaos lint types build lock bench clean packages
.DELETE_ON_ERROR:
# One thing after the other: a half-made virtual environment helps nobody.
.NOTPARALLEL:

help:
	@echo "make demo    Hearth with a mail server and sample mail of its own; Ctrl-C ends it"
	@echo "make run     Hearth for the servers that WEBMAIL_IMAP and WEBMAIL_SUBMISSION name"
	@echo "make test    everything, on real servers; as root it installs what they need"
	@echo "make check   the fast part of it: style, types, layers, units"
	@echo "make chaos   1,000 messages sent while everything is killed, and what became of each"
	@echo "make build   the front end    make bench  measurements    make lock  new versions"
	@echo "make clean   remove what was made here, the demo's mail too; never var/data"

demo: $(DEMO) $(BUILT)
	@exec $(PY) -m start.demo

run: $(DEMO) $(BUILT)
	@exec $(PY) -m start.run

test: packages $(DEVELOP) $(BUILT)
	@$(MAKE) --no-print-directory lint types
	@$(PY) -m pytest tests/test_layers.py
	@$(PY) -m pytest -n 3 --dist loadfile

check: $(DEVELOP) $(BUILT)
	@$(MAKE) --no-print-directory lint types
	@$(PY) -m pytest -n 2 --dist loadfile -m "not slow"

# CHAOS_SENDS, CHAOS_DATABASE=sqlite|postgres, CHAOS_SEED
chaos: packages $(DEVELOP) $(BUILT)
	@$(PY) -m tests.chaos

lint: $(DEVELOP)
	@$(VENV)/bin/ruff check $(LINTED)
	@$(VENV)/bin/ruff format --check --quiet $(LINTED)

types: $(DEVELOP)
	@$(VENV)/bin/mypy

bench: packages $(DEVELOP) $(BUILT)
	@exec $(PY) -m bench $(BENCH)

build: $(BUILT)

packages:
	@$(PYTHON) -m start.packages

# -- what the others need, made again only when its source changed -----------------------------

$(PY):
	@sh start/venv.sh "$(PYTHON)" "$(VENV)"

$(DEMO): requirements/runtime.txt requirements/demo.txt | $(PY)
	@sh start/venv.sh --install "$(VENV)" requirements/runtime.txt requirements/demo.txt
	@touch $@

# The test environment has everything of the demo's.
$(DEVELOP): requirements/develop.txt | $(PY)
	@sh start/venv.sh --install "$(VENV)" requirements/develop.txt
	@touch $@ $(DEMO)

$(COPY): package.json package-lock.json
	@sh start/node.sh
	@npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(BUILT): $(COPY) $(FRONT)
	@npm run --silent build
	@touch $@

lock: $(DEVELOP)
	@for name in runtime demo develop; do \
		echo "requirements/$$name.txt"; \
		$(VENV)/bin/pip-compile --quiet --upgrade --generate-hashes --allow-unsafe --strip-extras \
			--no-header --no-emit-find-links --no-emit-index-url --no-emit-trusted-host \
			--output-file requirements/$$name.txt requirements/$$name.in || exit 1; \
	done
	@npm install --package-lock-only --no-audit --no-fund --loglevel=error

clean:
	@if [ -L var/demo/mail/mail ]; then rm -rf -- "$$(readlink -f var/demo/mail/mail)"; fi
	@rm -rf $(VENV) node_modules static/built var/demo var/packages .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
