# make run    everything from a fresh clone to the findings of the demo
# make test   all tests
# make build  target/release/seatrial
# make install    the program and libz3 below PREFIX (~/.local), independent of this folder afterwards
# make book   the book of docs/ in target/book (needs mdbook)
# make lint   formatting and clippy, warnings are errors
# make bench  benchmarks, with the tables of growth
# make fuzz   ten minutes of fuzzing the parsers (needs a nightly toolchain and cargo-fuzz)
# make fuzz-web   200 random configurations and 20,000 requests for nginx and for apache2 each (must be installed)
# make eval-placement   placements and their proofs, measured: the table of "Priority Matters" beside
#             the published figures, small clusters with constraints, growth, rescheduling (about an hour and a half;
#             a part of it: ARGS='table --nodes 4,8 --seeds 10', ARGS='growth', ARGS=--help)
# make eval-learn      learned rules of manifests on collections that they were not learned from: alarms, and
#             recall on planted mistakes (below DATA/manifests/<collection>/...; and HELD_OUT/<collection>/...)
# make learned          learns the shipped set corpus/learned/kubernetes.toml from these collections again
# make eval-veripb      the exported proofs, checked by veripb (built once, some minutes)
# make eval-ciri        scores of the checks on parameters of ten systems, each correct file judged by what the others
#             teach; the labelled data lies below DATA=../shared/data, or wherever DATA says
# make gen    regenerates what is generated; the tests fail when it is stale

PYTHON ?= python3
DATA ?= ../shared/data
PREFIX ?= $(HOME)/.local
Z3 := .tools/z3/lib/libz3.so

.PHONY: run test build install book lint bench fuzz fuzz-web gen eval-placement eval-learn learned eval-veripb eval-ciri
.DELETE_ON_ERROR:

run: build
	target/release/seatrial check --exit-zero configs/demo

build: $(Z3)
	cargo build --release --locked --package seatrial

# The program looks for libz3 in ../lib/seatrial, seen from itself (checkers/cli/build.rs).
install: $(Z3)
	cargo install --locked --path checkers/cli --root '$(PREFIX)'
	install -d '$(PREFIX)/lib/seatrial'
	cp -L .tools/z3/lib/libz3.so.* '$(PREFIX)/lib/seatrial/'

book:
	mdbook build docs

test: $(Z3)
	cargo test --workspace --locked

lint: $(Z3)
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- --deny warnings

bench: build
	cargo bench --workspace --locked

eval-placement: $(Z3)
	cargo run --release --locked --package seatrial-placement --example evaluate -- $(ARGS)

eval-learn: $(Z3)
	SEATRIAL_DATA='$(DATA)' SEATRIAL_HELD_OUT='$(HELD_OUT)' cargo run --release --locked --package seatrial-gate --example manifests

learned: $(Z3)
	@test -d '$(DATA)/manifests' || { echo 'error: no collections in $(DATA)/manifests: set DATA' >&2; exit 2; }
	SEATRIAL_DATA='$(DATA)' cargo run --release --locked --package seatrial-gate --example manifests -- write > corpus/learned/kubernetes.toml.tmp
	mv corpus/learned/kubernetes.toml.tmp corpus/learned/kubernetes.toml

eval-veripb: build .tools/veripb/bin/veripb
	cargo run --release --locked --package seatrial-placement --example evaluate -- \
	  veripb --checker .tools/veripb/bin/veripb --seatrial target/release/seatrial

eval-ciri: $(Z3)
	@if [ -d '$(DATA)/ciri-shots' ]; then \
	  cargo run --release --locked --quiet --package seatrial -- \
	    eval ciri --leave-one-out --data '$(DATA)/ciri-shots' $(ARGS); \
	else echo 'eval-ciri: skipped, no labelled data in $(DATA)/ciri-shots: set DATA'; fi

.tools/veripb/bin/veripb:
	cargo install veripb --version '^3' --root .tools/veripb --locked

fuzz:
	cd checkers/parse && cargo +nightly fuzz run read -- -max_total_time=300
	cd checkers/parse && cargo +nightly fuzz run settings -- -max_total_time=300

fuzz-web: $(Z3)
	CI=true SEATRIAL_FUZZ_CONFIGS=200 SEATRIAL_FUZZ_SEED=$${SEED:-1} cargo test --locked \
	  --package seatrial-access --test nginx --test httpd random_configurations -- --nocapture

gen: $(Z3)
	cargo xtask gen
	SEATRIAL_WRITE_DOCS=1 cargo test --quiet --locked --package seatrial --test docs

# libz3 comes from a PyPI wheel, checked against the hashes in configs/libz3.txt; nothing is
# installed outside this folder.
$(Z3): configs/libz3.txt
	@command -v cargo >/dev/null || { echo 'error: Rust is missing; see https://rustup.rs' >&2; exit 2; }
	@$(PYTHON) -m pip --version >/dev/null 2>&1 || { \
	  echo 'error: $(PYTHON) has no pip, which fetches libz3: on Debian, apt-get install python3-pip' >&2; exit 2; }
	@echo 'fetching libz3 into .tools/z3 (once, 39 MB)'
	@rm -rf .tools/unpacked
	@$(PYTHON) -m pip install --quiet --no-deps --only-binary :all: --require-hashes \
	  --disable-pip-version-check --root-user-action ignore --target .tools/unpacked --requirement $< || { \
	  echo 'error: libz3 could not be fetched: is the network up? (for an offline machine, fill' >&2; \
	  echo '       a folder with `pip download -r $<` elsewhere and set PIP_FIND_LINKS and PIP_NO_INDEX=1)' >&2; exit 2; }
	@rm -rf .tools/z3 && mv .tools/unpacked/z3 .tools/z3 && mv .tools/unpacked/bin .tools/z3/bin
	@rm -rf .tools/unpacked && touch $@
