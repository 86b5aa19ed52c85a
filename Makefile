# Every command that people type. `make` alone lists them; ARGS="--seed 1" passes flags on to main.py.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

define INSTALL
@command -v uv > /dev/null || test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
@uv=$$(command -v uv || echo $(BIN)/uv); "$$uv" pip install --compile-bytecode --python $(BIN)/python -r pyproject.toml $(EXTRA)
@touch $@
endef

.DEFAULT_GOAL := help
.PHONY: help setup train flow gan cgan wgan cache grade zip pdf handout-pdf clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.students ## install what the problem set needs into .venv (the other targets do it when they must)

train: flow ## train the flow of problem 1 on the Moons; results in src/maf/

flow: $(VENV)/.students ## the same
	cd src && STARTED_BY="make $@" ../$(BIN)/python main.py --model flow $(ARGS)

gan: $(VENV)/.students ## problem 2: GAN on Fashion-MNIST; results in src/gan_nonsat/
	cd src && STARTED_BY="make $@" ../$(BIN)/python main.py --model gan $(ARGS)

cgan: $(VENV)/.students ## problem 4: conditional GAN; results in src/gan_nonsat_conditional/
	cd src && STARTED_BY="make $@" ../$(BIN)/python main.py --model cgan $(ARGS)

wgan: $(VENV)/.students ## problem 5: Wasserstein GAN with gradient penalty; results in src/gan_wass_gp/
	cd src && STARTED_BY="make $@" ../$(BIN)/python main.py --model gan --loss_type wasserstein_gp $(ARGS)

cache: $(VENV)/.students ## fetch Fashion-MNIST, so that training needs no network
	cd src && ../$(BIN)/python main.py --model gan --cache $(ARGS)

grade: $(VENV)/.students ## run the autograder on src/submission/; ARGS=2b picks
	cd src && ../$(BIN)/python grader.py $(ARGS)

zip: $(VENV)/.students ## make src/submission.zip, which is to be handed in
	cd src && ../$(BIN)/python -m grading.handin

pdf: ## make submission.pdf of your answers in submission.tex, with the pictures of your own runs
	@$(PYTHON) tex/build.py submission.tex

handout-pdf: ## make PS3.pdf, the problem set
	@$(PYTHON) tex/build.py tex/PS3.tex

clean: ## remove caches; keeps .venv, data and results
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +
	rm -rf .pytest_cache .ruff_cache .hypothesis

# staff only
.PHONY: test lint flow-seeds mistakes margins mutants hostile bench bench-quality bench-growth classifier bench-grader bench-wall bench-bulk handout autograder staff

staff: $(VENV)/.staff ## install what instructors need on top

.PHONY: key-pdf
key-pdf: ## make answer_key.pdf: derivations and rubric of the written half
	@$(PYTHON) tex/build.py tex/answer_key.tex

handout: $(VENV)/.staff ## make dist/handout/ and dist/handout.zip: what students receive
	$(BIN)/python -m staff.handout

autograder: $(VENV)/.staff ## make dist/autograder.zip for Gradescope
	$(BIN)/python -m staff.bundle

test: $(VENV)/.test ## run all tests
	env -u ARGS -u MAKEFLAGS OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist loadgroup $(ARGS)

lint: $(VENV)/.test ## check style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

flow-seeds: $(VENV)/.students ## measure the flow's test NLL over seeds 0, 1, 2
	$(BIN)/python bench/flow_seeds.py

mistakes: $(VENV)/.students ## hold the autograder against the catalogue of mistakes, over 20 seeds (an hour)
	$(BIN)/python -m staff.mistakes --seeds 20 $(ARGS)

margins: $(VENV)/.students ## measure how near right submissions come to the tests' limits, over 1000 seeds (a quarter of an hour)
	$(BIN)/python -m staff.mistakes.margins $(ARGS)

mutants: $(VENV)/.test ## hold it against mechanical mutants of the solved files
	$(BIN)/python -m staff.mistakes.mutants

hostile: $(VENV)/.test ## let hostile submissions loose behind each wall (an hour); ARGS=bombs picks
	PYTHONPATH=src:. $(BIN)/python -m tests.hostile $(ARGS)

bench: $(VENV)/.students ## time our training beside the starter's loop (half an hour); ARGS="--quick --runs 1" is less
	$(BIN)/python bench/race.py $(ARGS)

bench-quality: $(VENV)/.students ## the quality of both over seeds 0 to 4 (an hour or more); ARGS="--keep FOLDER" goes on
	$(BIN)/python bench/race_seeds.py $(ARGS)

bench-growth: $(VENV)/.students ## measure how the flow's cost grows, and draw docs/growth.svg
	$(BIN)/python bench/growth.py --out docs/growth.svg $(ARGS)

classifier: $(VENV)/.students ## train the classifier in whose features images are compared, and state its accuracy
	$(BIN)/python bench/classifier.py

bench-grader: $(VENV)/.students ## time the autograder beside `import torch`
	$(BIN)/python bench/grader.py $(ARGS)

bench-bulk: $(VENV)/.test ## time the grading of a class of 500 behind the wall
	$(BIN)/python bench/bulk.py $(ARGS)

bench-wall: $(VENV)/.staff ## time grading behind each wall beside grading without one
	$(BIN)/python bench/wall.py $(ARGS)

$(VENV)/.staff: EXTRA := --extra staff
$(VENV)/.test: EXTRA := --extra staff --extra test
$(VENV)/.staff $(VENV)/.test: pyproject.toml $(VENV)/.made
	$(INSTALL)
# end of staff only

# A stamp says that an installation went through; it is made last, so that an interrupted one is done again.
$(VENV)/.students: pyproject.toml $(VENV)/.made
	$(INSTALL)

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "This needs Python 3.11 or later. Name one: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { \
	  echo "Could not make $(VENV). On Debian and Ubuntu: sudo apt-get install python3-venv"; exit 1; }
	@touch $@
