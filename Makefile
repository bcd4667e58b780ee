# Handrail's verbs. `make help` lists them; `make run` is all that a newcomer needs.
SHELL := /bin/bash
.DEFAULT_GOAL := help

PORT ?= 8000
URL ?= http://127.0.0.1:$(PORT)
PYTHON ?= $(shell command -v python3.11 || command -v python3 || echo python3)
UV := .tools/bin/uv
BIN := .venv/bin
MODEL := models/handrail.tar.gz
RIVAL := models/few/few-rasa-default.tar.gz
OURS_ON_FEW := models/few/few-handrail.tar.gz
INPUTS := config.yml domain.yml $(wildcard data/*.yml) $(wildcard bot/nlu/*.py) bot/nlu/fitted.npz bot/judgement.py bot/text.py content/glossary.yml

export RASA_TELEMETRY_ENABLED := false
export TF_CPP_MIN_LOG_LEVEL := 3
export SQLALCHEMY_SILENCE_UBER_WARNING := 1
export PYTHONWARNINGS := ignore
export PORT

.PHONY: help setup run services test testall audit vulnerabilities check train encoder chat evaluate flows pictures bench chaos soak fmt clean

help: ## List the verbs
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

setup: .venv/.installed ## Install everything into .tools and .venv

run: .venv/.installed $(MODEL) ## Install, train when needed, and serve on http://127.0.0.1:PORT (8000)
	@$(BIN)/python -m api

services: ## Install what the tests start (apt, as root): Redis, PostgreSQL, nginx, a browser, a checker of alerts, a false clock
	@missing=""; command -v redis-server >/dev/null || missing="redis-server"; command -v chromium >/dev/null || missing="$$missing chromium"; \
	command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$$missing postgresql"; \
	command -v promtool >/dev/null || missing="$$missing prometheus"; \
	ls /usr/lib/*/faketime/libfaketimeMT.so.1 >/dev/null 2>&1 || missing="$$missing libfaketime"; \
	command -v nginx >/dev/null || test -x /usr/sbin/nginx || missing="$$missing nginx-light"; \
	test -z "$$missing" || { echo "Installing $$missing ..."; \
	  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; } || { \
	  echo "The tests need this: apt install $$missing"; exit 1; }; }

test: .venv/.installed node_modules/.installed services $(MODEL) ## Run the tests (TESTS=tests/api for some of them)
	@$(BIN)/python -m pytest $(or $(TESTS),-m "not long")

testall: .venv/.installed node_modules/.installed tests/channels/node_modules/.installed .tools/deploy/.installed services $(MODEL) ## Run every test: browsers at length, faults, deployment and Rasa's clients too
	@$(BIN)/python -m pytest

audit: .venv/.installed services $(MODEL) ## Attack it: the danger pairs, the attack pack, the canary and long fuzzing; writes docs/safety.md
	@$(BIN)/python -m bench.safety $(AUDIT)

vulnerabilities: .venv/.installed .tools/audit/.installed ## Look up every locked package in the public advisories (needs the internet)
	@$(BIN)/python -m bench.advisories --strict

check: .venv/.installed node_modules/.installed .tools/audit/.installed ## Lint, types, content, size budgets and advisories, without a model
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/mypy content actions bot desk api bench
	@PATH="$(CURDIR)/$(BIN):$$PATH" node_modules/.bin/tsc -p .
	@$(BIN)/python -m content.lint
	@$(BIN)/python -m bench.budgets
	@$(BIN)/python -m bench.advisories

train: .venv/.installed ## Train the model, whether or not its inputs changed
	@$(MAKE) --no-print-directory --always-make $(MODEL)

encoder: .venv/.installed ## Fit the sentence encoder to the examples anew (half an hour), and write bot/nlu/fitted.npz
	@$(BIN)/python -m bot.fitting

chat: .venv/.installed $(MODEL) ## Talk to Handrail in the terminal
	@$(BIN)/python -m bot.chat

evaluate: .venv/.installed $(MODEL) $(RIVAL) $(OURS_ON_FEW) ## Measure understanding beside other ways, and write docs/understanding.md
	@$(BIN)/python -m bench.evaluate $(SHOW)

flows: .venv/.installed $(MODEL) ## Draw the conversations from the rules and forms into docs/conversations.md
	@$(BIN)/python -m bench.flows

pictures: .venv/.installed services $(MODEL) ## Take the screenshots of README and docs
	@$(BIN)/python -m bench.pictures

bench: .venv/.installed services $(MODEL) $(RIVAL) ## Measure speed beside stock Rasa (half an hour), and write docs/performance.md
	@$(BIN)/python -m bench.performance $(BENCH)

chaos: .venv/.installed services $(MODEL) ## Put real faults into a running house while people talk; writes docs/reliability.md (FAULTS=... for some)
	@$(BIN)/python -m bench.chaos $(FAULTS)

soak: .venv/.installed services $(MODEL) ## Mixed traffic for MINUTES (10) with memory, handles and threads watched; writes its part of docs/reliability.md
	@$(BIN)/python -m bench.soak $(MINUTES)

fmt: .venv/.installed ## Format the code
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

clean: ## Remove everything that can be made again
	rm -rf .venv .tools .rasa models results node_modules tests/channels/node_modules .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.tools/bin/uv: requirements-uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null || { \
	  echo "Handrail needs Python 3.11, and '$(PYTHON)' is not that."; \
	  echo "Install it (for example: apt install python3.11 python3.11-venv), or name it: make run PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv .tools || { echo "Python's venv module is missing: apt install python3.11-venv"; exit 1; }
	@echo "Installing uv into .tools ..."
	@.tools/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.lock
	@touch $@

.tools/audit/.installed: requirements-audit.lock | $(UV)
	@$(UV) venv --quiet --clear --python "$$(readlink -f .tools/bin/python)" .tools/audit
	@VIRTUAL_ENV="$(CURDIR)/.tools/audit" $(UV) pip sync --quiet --require-hashes requirements-audit.lock
	@touch $@

.tools/deploy/.installed: requirements-deploy.lock | $(UV)
	@$(UV) venv --quiet --clear --python "$$(readlink -f .tools/bin/python)" .tools/deploy
	@VIRTUAL_ENV="$(CURDIR)/.tools/deploy" $(UV) pip sync --quiet --require-hashes requirements-deploy.lock
	@touch $@

.venv/.installed: requirements.lock | $(UV)
	@echo "Installing Handrail's packages into .venv (about 2 GB, a minute or two) ..."
	@test -x $(BIN)/python || $(UV) venv --quiet --python "$$(readlink -f .tools/bin/python)" .venv
	@VIRTUAL_ENV="$(CURDIR)/.venv" $(UV) pip sync --compile-bytecode --require-hashes requirements.lock
	@touch $@

node_modules/.installed: package-lock.json | .venv/.installed
	@PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --silent --no-audit --no-fund
	@touch $@

# Clients that other people made for Rasa. None of their install scripts is run.
tests/channels/node_modules/.installed: tests/channels/package-lock.json | .venv/.installed
	@echo "Installing other people's clients into tests/channels (about 150 MB) ..."
	@cd tests/channels && PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --silent --ignore-scripts --no-audit --no-fund
	@touch $@

$(MODEL): $(INPUTS) | .venv/.installed
	@echo "Training the model (about five minutes on two cores) ..."
	@$(BIN)/python -m bot.train

$(RIVAL): data/nlu.yml | .venv/.installed
	@echo "Training Rasa's default pipeline to compare with on ten examples of each intent (a quarter of an hour or more) ..."
	@$(BIN)/python -m bench.rivals rasa-default

$(OURS_ON_FEW): $(INPUTS) | .venv/.installed
	@echo "Training Handrail's components on the same few ..."
	@$(BIN)/python -m bench.rivals handrail
