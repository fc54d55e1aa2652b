# The targets of this repository. Each target builds what it needs, once.

.DEFAULT_GOAL := help
# Without this, a make with --directory, and every make within it, would print the folder that it enters.
MAKEFLAGS += --no-print-directory
.PHONY: FORCE help tools build dev break-primary heal-primary api test size soak fuzz mutants bench dist clean

# The pinned Node. The machine's own Node only runs npm.
NODE := node_modules/.bin/node

# wrangler must not use the internet: no statistics, no reports, no lookup of the machine's location.
export WRANGLER_SEND_METRICS := false
export WRANGLER_SEND_ERROR_REPORTS := false
export WRANGLER_HIDE_BANNER := true
export CLOUDFLARE_CF_FETCH_ENABLED := false

# GATEWAY=FOLDER on the command line sets a folder with its own gateway.toml (docs/your-gateway.md). Its Worker is built
# into that folder. By default, the configuration is that of this repository, the demo's.
ifeq ($(origin GATEWAY),command line)
ifneq ($(words $(GATEWAY)),1)
$(error make reads no path with a space in it: GATEWAY=$(GATEWAY))
endif
override GATEWAY := $(abspath $(GATEWAY))
FOLDER := $(GATEWAY)/
ifeq ($(wildcard $(FOLDER)gateway.toml),)
$(error there is no gateway.toml in $(GATEWAY); a relative folder is relative to $(CURDIR))
endif
export OSTIARY_FOLDER := $(GATEWAY)
else
override GATEWAY :=
FOLDER :=
endif

# The sources of the Worker, and their folders, so that a deleted file counts as a change.
SOURCES := $(shell find src crates build.rs Cargo.toml Cargo.lock rust-toolchain.toml scripts/build-worker 2>/dev/null)
EXAMPLE_SOURCES := $(shell find crates/secret-bindings examples/minimal-worker -not -path '*/build*' 2>/dev/null) \
	Cargo.toml Cargo.lock rust-toolchain.toml scripts/build-example
CLIENTS := tests/clients/node_modules/.package-lock.json
TOOLS := .tools/rust .tools/packages .tools/worker-build
TOOL_SOURCES := $(shell find tools -type f -not -path '*/target/*')

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1|/p' $(firstword $(MAKEFILE_LIST)) | awk -F'|' '{ printf "%-22s %s\n", $$1, $$2 }'

tools: $(TOOLS) ## Install the pinned tools (about two minutes, once)

build: $(FOLDER)build/entry.js ## Build the Worker into build/ (GATEWAY= names another folder)

dev: build ## Run the demo, or your own gateway (GATEWAY=FOLDER), on port 8787 (PORT= changes it)
	@$(NODE) demo/run.mjs

break-primary: .tools/packages ## While `make dev` runs: delete the demo's primary key
	@$(NODE) demo/secrets.mjs break
	@echo "The primary key is gone. Call again: the secondary serves. make heal-primary brings it back."

heal-primary: .tools/packages ## While `make dev` runs: put a new primary key in place
	@$(NODE) demo/secrets.mjs heal
	@echo "The primary key is back, with a new value. Call again: the primary serves."

api: .tools/packages ## Serve the Secrets Store API over the local store, on port 8799 (API_PORT= changes it)
	@$(NODE) api/run.mjs

test: $(TOOLS) ## Check and test everything
	@scripts/step "Formatting" cargo fmt --all --check
	@scripts/step "Layers and circular imports" $(NODE) scripts/check-layers.mjs
	@scripts/step "Lints of the libraries" cargo clippy --quiet --locked --workspace --exclude ostiary --all-targets --all-features -- -D warnings
	@scripts/step "Lints of the Worker" cargo clippy --quiet --locked --package ostiary --target wasm32-unknown-unknown -- -D warnings
	@scripts/step "The API's client as WebAssembly" cargo check --quiet --locked --package ostiary-secrets-store --target wasm32-unknown-unknown
	@scripts/step "Native tests" cargo test --quiet --locked --workspace --exclude ostiary --all-features
	@scripts/step "The ostiary command" cargo build --quiet --locked --package ostiary-cli
	@$(MAKE) --silent --no-print-directory $(CLIENTS) .tools/python build/entry.js tests/.build/entry.js tests/auth/.build/entry.js tests/callers/.build/entry.js tests/operator/.build/entry.js tests/faults/.build/entry.js examples/minimal-worker/build/index.js
	@scripts/check-size build 180
	@scripts/check-size tests/auth/.build 258
	@scripts/check-size tests/operator/.build 296
	@for folder in build tests/auth/.build tests/operator/.build; do $(NODE) scripts/check-functions.mjs $$folder/index_bg.wasm 40 || exit 1; done
	@scripts/step "End-to-end tests" $(NODE) --test --test-concurrency=2 --test-timeout=120000 'tests/**/*.test.mjs'
	@$(NODE) tests/clients/browser/chromium.mjs

size: tests/size/.build/entry.js ## Build a Worker with everything that a configuration can ask for, and check its size (a minute)
	@scripts/check-size tests/size/.build 350

soak: tests/faults/.build/entry.js ## Five minutes of load with every fault (SOAK_SECONDS= changes it), and then memory
	@SOAK_SECONDS=$${SOAK_SECONDS:-300} $(NODE) --test tests/faults/soak.test.mjs
	@ABANDONED=20000 UNANSWERED=5000 $(NODE) --test tests/faults/memory.test.mjs

fuzz: .tools/rust ## Fuzz what the gateway decides, a minute for each target (FUZZ_SECONDS= changes it; needs a C++ compiler)
	@scripts/fuzz

mutants: .tools/bin/cargo-mutants ## Change the code in small ways, and see whether a test notices (hours; MUTANTS="--shard 0/40" takes a part)
	@scripts/mutants $(MUTANTS)

# Configurations that are generated for the benchmark, to show how cost grows.
GROWTH := $(foreach name,one-of-each metered many-routes many-callers,bench/.generated/$(name)/build/entry.js)

bench: bench/.build/entry.js bench/.signed/entry.js $(GROWTH) ## Measure against the peers, and write bench/RESULTS.md (an hour, two cores; BENCH="--rounds 3" is shorter)
	@$(NODE) bench/run.mjs $(BENCH)

dist: .tools/rust ## Build the command as a static Linux binary and as an npm package, into dist/ (a few minutes; needs musl-gcc)
	@scripts/step "The command, static" scripts/build-dist

clean: ## Remove what was built; the tools and the local Secrets Store stay
	rm -rf build dist examples/*/build tests/.build tests/auth/.build tests/callers/.build tests/operator/.build tests/faults/.build tests/size/.build bench/.build bench/.signed bench/.generated bench/.profile bench/peers/hono/.build fuzz/target fuzz/findings target .tools/report-*

# wrangler uses one of the first three, or the file of --config or of a framework's redirection.
WRANGLER_FILES := $(wildcard $(addprefix $(FOLDER),wrangler.json wrangler.jsonc wrangler.toml .wrangler/deploy/config.json))
ifneq ($(filter build $(FOLDER)build/entry.js,$(MAKECMDGOALS)),)
export OSTIARY_WRANGLER_CONFIG := $(shell scripts/deployed-configuration $(GATEWAY) || echo ERROR)
ifeq ($(OSTIARY_WRANGLER_CONFIG),ERROR)
$(error the build would prove another configuration than wrangler deploys)
endif
endif

# Changes only when another file is used.
.tools/configuration: FORCE
	@mkdir -p .tools
	@echo "$(OSTIARY_WRANGLER_CONFIG) $(WRANGLER_FILES)" | cmp -s - $@ || echo "$(OSTIARY_WRANGLER_CONFIG) $(WRANGLER_FILES)" > $@
FORCE:

$(FOLDER)build/entry.js: $(SOURCES) $(FOLDER)gateway.toml $(WRANGLER_FILES) $(OSTIARY_WRANGLER_CONFIG) .tools/configuration | $(TOOLS)
	@scripts/build-current $@ $(SOURCES) $(FOLDER)gateway.toml $(WRANGLER_FILES) $(OSTIARY_WRANGLER_CONFIG)

tests/.build/entry.js: $(SOURCES) $(wildcard tests/harness/configuration/*.toml) | $(TOOLS)
	@scripts/step "The Worker for the tests" scripts/build-worker tests/.build tests/harness/configuration

tests/faults/.build/entry.js: $(SOURCES) $(wildcard tests/faults/configuration/*.toml) | $(TOOLS)
	@scripts/step "The Worker for the fault tests" scripts/build-worker tests/faults/.build tests/faults/configuration

tests/callers/.build/entry.js: $(SOURCES) $(wildcard tests/callers/configuration/*.toml) | $(TOOLS)
	@scripts/step "The Worker for the tests of callers" scripts/build-worker tests/callers/.build tests/callers/configuration

tests/auth/.build/entry.js: $(SOURCES) $(wildcard tests/auth/configuration/*.toml) | $(TOOLS)
	@scripts/step "The Worker for the tests of auth" scripts/build-worker tests/auth/.build tests/auth/configuration

tests/operator/.build/entry.js: $(SOURCES) $(wildcard tests/operator/configuration/*.toml) | $(TOOLS)
	@scripts/step "The Worker for the tests of what an operator sees" scripts/build-worker tests/operator/.build tests/operator/configuration

tests/size/.build/entry.js: $(SOURCES) $(wildcard tests/size/configuration/*.toml) | $(TOOLS)
	@scripts/step "The Worker with everything" scripts/build-worker tests/size/.build tests/size/configuration

bench/.build/entry.js: $(SOURCES) $(wildcard bench/gateway/*.toml) | $(TOOLS)
	@scripts/step "The Worker for the benchmark" scripts/build-worker bench/.build bench/gateway

bench/.signed/entry.js: $(SOURCES) $(wildcard bench/signed/*.toml) | $(TOOLS)
	@scripts/step "The Worker for the benchmark, signed" scripts/build-worker bench/.signed bench/signed

bench/.generated/%/gateway.toml: bench/growth.mjs bench/load.mjs bench/server.mjs | .tools/packages
	@$(NODE) bench/growth.mjs $*

bench/.generated/%/build/entry.js: bench/.generated/%/gateway.toml $(SOURCES) | $(TOOLS)
	@scripts/step "The Worker for the benchmark, $*" scripts/build-worker bench/.generated/$*/build bench/.generated/$*

# These files are kept after the build.
.PRECIOUS: bench/.generated/%/gateway.toml

# An interrupted build keeps the previous one.
.PRECIOUS: $(FOLDER)build/entry.js tests/.build/entry.js tests/auth/.build/entry.js tests/callers/.build/entry.js tests/operator/.build/entry.js tests/faults/.build/entry.js tests/size/.build/entry.js bench/.build/entry.js bench/.signed/entry.js

examples/minimal-worker/build/index.js: $(EXAMPLE_SOURCES) | $(TOOLS)
	@scripts/step "The minimal Worker" scripts/build-example minimal-worker

.tools/rust: rust-toolchain.toml scripts/install-rust
	@mkdir -p .tools
	@scripts/step "Rust, with WebAssembly as a target" scripts/install-rust
	@touch $@

.tools/packages: package.json package-lock.json .npmrc scripts/install-packages
	@mkdir -p .tools
	@scripts/step "Node, wrangler and the npm tools" scripts/install-packages
	@touch $@

# npm writes this file last.
$(CLIENTS): tests/clients/package.json tests/clients/package-lock.json tests/clients/.npmrc
	@scripts/step "The SDKs that the tests call the gateway with" npm ci --prefix tests/clients --no-progress --loglevel=error
	@touch $@

# A Python without `venv` leaves an empty folder, and its tests are skipped.
.tools/python: tests/auth/requirements.txt
	@scripts/step "boto3 and moto, one to three minutes" scripts/install-python
	@touch $@

.tools/bin/cargo-mutants: scripts/install-mutants | .tools/rust
	@scripts/step "Compiling cargo-mutants, two minutes" scripts/install-mutants

.tools/worker-build: $(TOOL_SOURCES) scripts/install-tools | .tools/rust
	@scripts/step "Compiling worker-build and wasm-bindgen, one to three minutes" scripts/install-tools
