# Everything a machine with Python >= 3.11, make and git needs is installed into .venv (.ci/install.py); what is downloaded on
# the way and what tools remember is kept in build. PYTHON=python3.12 names the Python; FOLDER=~/connections the
# folder of the connection files.
BIN := .venv/bin
CACHE := $(CURDIR)/build/cache
export PIP_CACHE_DIR ?= $(CACHE)/pip
export PIP_RETRIES ?= 2
export UV_CACHE_DIR ?= $(CACHE)/uv
export UV_NO_PROGRESS ?= 1
export npm_config_cache ?= $(CACHE)/npm
export npm_config_fetch_retry_mintimeout ?= 1000
export npm_config_fetch_retry_maxtimeout ?= 5000
export JSII_RUNTIME_PACKAGE_CACHE_ROOT ?= $(CACHE)/jsii
export JSII_NODE ?= $(CURDIR)/$(BIN)/node
export CDK_HOME ?= $(CACHE)/cdk
export HYPOTHESIS_STORAGE_DIRECTORY ?= $(CACHE)/hypothesis
STEP := exec $(BIN)/python -B .ci/step.py
# As many at a time as there are cores, and one; what shares a fixture runs on one of them, and the long ones begin.
PYTEST := $(BIN)/python -m pytest -q -n auto --maxprocesses 4 --dist loadscope --no-loadscope-reorder
CDK := exec $(BIN)/python -B .ci/deploy.py

.PHONY: help setup demo test nightly lint unit synth check secrets restore operate simulate breakages faults seeds bench proof screenshots mutate \
	bootstrap deploy schemas pins sbom clean

help: ## Say what each verb does
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: ## Make the virtual environment
	@PYTHON='$(PYTHON)' exec sh .ci/install.sh

demo: setup ## Run the whole connector on this machine and compare both systems (KEEP=1 leaves it running)
	@$(STEP) --until "Still running." "The demonstration takes about a minute" $(BIN)/python -m tests.demo $(if $(KEEP),--keep)

test: lint ## Run everything CI runs
	@$(STEP) "Running the tests (12 min on two idle cores, up to 40 min on busy ones)" $(PYTEST) $(ARGS)

nightly: lint ## Run what takes longer than a test may: more simulated weeks, every breakage, a newcomer on every Python
	@$(STEP) "Running the long tests" $(PYTEST) -m nightly $(ARGS)

lint: setup ## Check style, types and the arrows between packages
	@$(STEP) --quiet "Checking style" $(BIN)/ruff check --output-format concise .
	@$(STEP) --quiet "Checking format" $(BIN)/ruff format --check --quiet .
	@$(STEP) --quiet "Checking types (up to a minute the first time)" $(BIN)/python -m mypy
	@$(STEP) --quiet "Checking imports" $(BIN)/python -c "from importlinter.cli import lint_imports_command; lint_imports_command()" --no-cache

unit: setup ## Run the tests that need neither processes nor a network
	@$(STEP) "Running the fast tests (about a minute)" $(PYTEST) -m "not integration and not nightly" $(ARGS)

synth: setup ## Synthesise the stack into cdk.out (FOLDER=~/connections; CONTEXT="-c python=3.13")
	@$(CDK) synth --folder "$$FOLDER" $(CONTEXT)

check: setup ## Say whether both systems fit CONNECTION's file (FOLDER=~/connections; reads only, asks for the credentials)
	@$(STEP) --ask "Checking both systems (5 s to a minute)" $(BIN)/python -m functions.console.check "$$CONNECTION" \
		--folder "$${FOLDER:-infra/connections}"

secrets: setup ## Fill CONNECTION's secrets, once the vendors take what is typed (ARGS="--vendor shipstation --next"; ARGS=--promote)
	@exec $(BIN)/python -m functions.console.fill_secrets "$$CONNECTION" --folder "$${FOLDER:-infra/connections}" $(ARGS)

restore: setup ## Make the stack's ledger hold what a restored table holds (ARGS="--from TABLE"; docs/operations.md)
	@exec $(BIN)/python -m functions.console.restore_ledger $(ARGS)

operate: setup ## Ask and decide as an operator does (ARGS="status"; ARGS="--help" lists the commands)
	@exec .ci/operate $(ARGS)

simulate: setup ## Run the shipping code through SEEDS simulated weeks and through every breakage (SEED=7 replays one)
	@$(STEP) "Simulating" $(BIN)/python -m tests.simulation $(or $(SEEDS),50) $(if $(SEED),--seed $(SEED))

breakages: setup ## Break the code on purpose, one way at a time: does a week notice? Goes on where it was stopped
	@$(STEP) "Breaking the code" nice -n 10 $(BIN)/python -m tests.simulation.break_it

faults: setup ## Show every listed fault, or those named (IDS="N5 I3"): a week meets it, or a test, and it ends as it has to
	@$(STEP) "Showing faults" $(BIN)/python -m tests.simulation.show_faults $(IDS)

seeds: setup ## Run SEEDS simulated weeks (10000), night after night: goes on where it was stopped, and reports
	@$(STEP) "Simulating" nice -n 10 $(BIN)/python -m tests.simulation.seeds $(SEEDS)

bench: setup ## Measure; prints one table and writes build/bench.json (ROWS=a,b)
	@$(STEP) "Measuring" $(BIN)/python -m tests.benchmarks $(if $(ROWS),--rows $(ROWS))

proof: setup ## Print how we know: what the last run of each proof has shown (ARGS=--readme puts it into README.md)
	@$(STEP) "Printing what the proofs have shown" $(BIN)/python -m tests.simulation.proof $(ARGS)

screenshots: setup ## Take the pictures of docs/pictures anew (needs a Chromium)
	@$(STEP) "Taking pictures of the dashboard's pages (about a minute)" $(BIN)/python -m tests.demo.screenshots

mutate: setup ## Break what writes, walks and counts one small way at a time; prints what no fast test notices (SHARE=all; MODULES="place desired")
	@$(STEP) --quiet "Installing mutmut" $(BIN)/python -m uv pip install --python $(BIN)/python mutmut==3.8.1
	@$(STEP) "Breaking what writes, walks and counts (half an hour)" nice -n 10 $(BIN)/python -m tests.mutation $(if $(SHARE),--share $(SHARE)) $(MODULES)

bootstrap: setup ## Prepare an AWS account and region for deployments, once (CONTEXT="aws://ACCOUNT/REGION" names another one)
	@$(CDK) bootstrap $(CONTEXT)

deploy: setup ## Deploy to the AWS account of the current credentials (FOLDER=~/connections; CONTEXT="-c alarms=on.call@example.com")
	@$(CDK) deploy --folder "$$FOLDER" $(CONTEXT)

schemas: setup ## Write the JSON Schemas of the connection file and of an operator's requests into docs/schemas
	@$(STEP) "Writing the schemas" $(BIN)/python -m functions.console.schemas

pins: setup ## Pin every package of the bundle with its hashes, as functions/requirements.txt asks for
	@$(BIN)/python -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
		--upgrade functions/requirements.txt --output-file functions/requirements.lock

sbom: setup ## Write what ships in the bundle, with licences, into build/sbom.json (CycloneDX)
	@$(STEP) "Listing what ships" $(BIN)/python -m infra.sbom

clean: ## Remove what the verbs above made
	@rm -rf .venv build cdk.out mutants
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
