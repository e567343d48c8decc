# Each target is one line that calls a real command; .venv is made on the way.
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed
ANALYTICS_INSTALLED := .analytics/.installed
# More than two cores' worth, as tests often wait for servers; each process has servers of its own (about 3 GB).
TEST_PROCESSES ?= 3

.PHONY: up down status clean check test test-compose test-faults soak lint bench fuzz lock audit clients
.PHONY: pipeline pipeline-land pipeline-staging pipeline-recommendations pipeline-marts pipeline-quality pipeline-publish

up: $(INSTALLED) $(ANALYTICS_INSTALLED) ; $(BIN)/python -m local_stack up
down: $(INSTALLED) ; $(BIN)/python -m local_stack down
status: $(INSTALLED) ; $(BIN)/python -m local_stack status
clean: $(INSTALLED) ; $(BIN)/python -m local_stack clean
check: lint ; $(BIN)/python -m pytest -n 2 tests/unit
test: $(INSTALLED) $(ANALYTICS_INSTALLED) ; $(BIN)/python -m pytest -n $(TEST_PROCESSES)
test-compose: $(INSTALLED) ; $(BIN)/python -m pytest $(or $(COMPOSE),tests/compose)
# Three brokers and three nodes; then every fault, three seeds each: about an hour; SEEDS="1" is a third of it. The table
# goes to docs/reliability.md.
test-faults: $(INSTALLED) $(ANALYTICS_INSTALLED)
	$(BIN)/python -m pytest tests/clusters
	$(BIN)/python -m tests.faults --write --seeds $(or $(SEEDS),1 2 3)
# The same for as long as is said, with ever new seeds: make soak MINUTES=600.
soak: $(INSTALLED) $(ANALYTICS_INSTALLED) ; $(BIN)/python -m tests.faults --minutes $(or $(MINUTES),60)
lint: $(INSTALLED) ; $(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy
bench: $(INSTALLED) $(ANALYTICS_INSTALLED) ; $(BIN)/python -m benchmarks
# So many minutes for each target; FUZZ names some of them. What is found is kept in reports/fuzzing.
fuzz: $(INSTALLED) ; $(BIN)/python -m tests.fuzzing --minutes $(or $(MINUTES),20) $(FUZZ)
lock: $(INSTALLED) ; PATH="$(CURDIR)/$(BIN):$$PATH" sh requirements/lock.sh
# The clients for Python and TypeScript, from the API's OpenAPI document; no server is needed.
clients: $(INSTALLED) ; $(BIN)/python -m clients
audit: $(INSTALLED) ; PATH="$(CURDIR)/$(BIN):$$PATH" sh requirements/audit.sh $(AUDIT)

# Sources into the lake, the warehouse over it, its marts to Postgres; CSV=FOLDER lands that folder of completejourney's
# form as well. One step alone: `make pipeline-marts`.
ANALYTICS := .analytics/bin/python -m vitrine.analytics
# A source that cannot be landed is told of and makes the status 1; the others are landed, and the rest is done.
pipeline: $(ANALYTICS_INSTALLED) ; $(ANALYTICS) pipeline $(if $(CSV),--csv "$(CSV)")
pipeline-land: $(ANALYTICS_INSTALLED)
	$(if $(CSV),.analytics/bin/python -m vitrine.lake land completejourney --folder "$(CSV)")
	.analytics/bin/python -m vitrine.lake land all
pipeline-staging: $(ANALYTICS_INSTALLED) ; $(ANALYTICS) staging
pipeline-recommendations: $(ANALYTICS_INSTALLED) ; $(ANALYTICS) recommendations
pipeline-marts: $(ANALYTICS_INSTALLED) ; $(ANALYTICS) marts
pipeline-quality: $(ANALYTICS_INSTALLED) ; $(ANALYTICS) quality
pipeline-publish: $(ANALYTICS_INSTALLED) ; $(ANALYTICS) publish

# The machine's own uv where there is one, else one put into the environment; the lock holds uv too, so that a
# sync does not take it away again.
$(INSTALLED): requirements/dev.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	command -v uv >/dev/null || test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	PATH="$$PATH:$(CURDIR)/$(BIN)" VIRTUAL_ENV="$(CURDIR)/.venv" uv pip sync --quiet --require-hashes requirements/dev.txt
	PATH="$$PATH:$(CURDIR)/$(BIN)" VIRTUAL_ENV="$(CURDIR)/.venv" uv pip install --quiet --no-deps -e .
	$(BIN)/python -m local_stack.openmp
	touch $@

# dbt, and what runs it: an environment of its own, as dbt wants older packages.
$(ANALYTICS_INSTALLED): requirements/analytics.txt pyproject.toml | $(INSTALLED)
	test -x .analytics/bin/python || $(PYTHON) -m venv .analytics
	PATH="$$PATH:$(CURDIR)/$(BIN)" VIRTUAL_ENV="$(CURDIR)/.analytics" uv pip sync --quiet --require-hashes requirements/analytics.txt
	PATH="$$PATH:$(CURDIR)/$(BIN)" VIRTUAL_ENV="$(CURDIR)/.analytics" uv pip install --quiet --no-deps -e .
	touch $@
