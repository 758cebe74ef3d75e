# A machine with python3 (3.11 or newer) and make is enough; everything else is installed into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKSPACE ?= demo-workspace
INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt

.DEFAULT_GOAL := help
.PHONY: help demo app test lint check schemas records hospital-model clean

help: ## Show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 18

demo: $(VENV)/.installed ## Run the whole line once on the embedded model (about thirteen minutes on two cores)
	$(BIN)/clinical-sdft demo --workspace $(WORKSPACE)

app: $(VENV)/.installed ## Open the review page on the demo's workspace
	$(BIN)/streamlit run app/main.py --browser.gatherUsageStats=false --client.toolbarMode=viewer --server.headless=true \
		--server.address=127.0.0.1 -- --workspace $(WORKSPACE)

test: $(VENV)/.installed-test ## Run the tests
	$(BIN)/pytest

lint: $(VENV)/.installed-test ## Style, types, and who may import whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint test ## All that is checked before a change lands

schemas: $(VENV)/.installed ## Write the JSON Schemas of the contracts anew
	$(BIN)/python -m data_contracts.export_schemas

records: $(VENV)/.installed ## Write the demo's fictitious patient records anew
	$(BIN)/python -m clinical_sdft.demo.records

hospital-model: $(VENV)/.installed ## Train the demo's hospital model, version 1, anew (about ten minutes)
	$(BIN)/python -m clinical_sdft.demo.build_hospital build/hospital

clean: ## Remove the environment and the demo's workspace
	rm -rf $(VENV) $(WORKSPACE) build

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) --editable .
	touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	$(INSTALL) --editable '.[test]'
	touch $@
