# The commands of the house. `make demo` and `make test` work on a fresh machine with Rust, Node and make.

TARGET ?= $(or $(CARGO_TARGET_DIR),$(CURDIR)/target)
QUELL_DATA ?= ../shared/data
export QUELL_DATA

.PHONY: demo live targets browser speed response test corpora bench fuzz build console schemas

build: console
	cargo build --release --locked -p quell

# The console, compressed, where the server's build embeds it. Nothing of it is fetched when Quell runs.
console: web/node_modules/.package-lock.json
	npm --prefix web run --silent build

web/node_modules/.package-lock.json: web/package-lock.json
	npm --prefix web install --no-save --no-audit --no-fund --silent
	touch $@

# Builds Quell and runs the live server, with two scripted intrusions arriving as if they happened now. Ctrl-C stops it.
demo: build
	rm -rf $(TARGET)/demo
	$(TARGET)/release/quell serve --demo --data $(TARGET)/demo

# Formats, lints, all tests, types of the console, the rules of the repository.
test: console
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo test --workspace --locked
	cargo run -q --locked -p xtask -- tidy

# A real server: the same incidents as from files, asked everything that is described, killed at random.
live:
	cargo build --locked -p quell -p xtask
	tests/live/run $(TARGET)/debug/quell
	$(TARGET)/debug/xtask crash --rounds 20
	$(TARGET)/debug/xtask crash --rounds 10 --storage postgres

# What people do in the console, in a real Chromium on a real server with the demo, every screen held against WCAG 2.2 AA. ROUNDS=3
# does it three times. Screenshots stay in QUELL_SHOTS, or /tmp/quell-shots.
browser: console
	cargo build --locked -p quell
	node web/tests/run.mjs $(TARGET)/debug/quell $(ROUNDS)

# How fast the console is with 15,000 incidents and 10,000 alerts in one of them.
speed: build
	node web/tests/speed.mjs $(TARGET)/release/quell

# Starts a real server of each kind that playbooks act on, acts on it, looks from outside, takes it back; then plays both scripted
# intrusions to their end, runs the whole catalogue, and kills Quell around the calls of one action. Needs root, and what .ci/run
# installs.
targets:
	cargo build --locked -p quell
	tests/targets/run sh -ec 'cargo test --locked -p quell-connect --test it targets -- --nocapture; \
		python3 tests/targets/hold.py $(TARGET)/debug/quell; \
		python3 tests/targets/catalogue.py $(TARGET)/debug/quell; \
		python3 tests/targets/kill.py $(TARGET)/debug/quell --only host.lock'

# How long it takes from an alert to verified containment; and what is left when Quell is killed while it acts. An hour.
response: build
	tests/targets/run sh -ec 'python3 tests/targets/hold.py $(TARGET)/release/quell 100; \
		python3 tests/targets/kill.py $(TARGET)/release/quell --random 1000'

# Scores Quell on the public intrusions below QUELL_DATA; says so and stops where they are absent.
corpora: build
	cargo run -q --release --locked -p xtask -- corpora

# Speed of matching and of the whole pipeline.
bench:
	cargo run -q --release --locked --manifest-path benches/Cargo.toml

# Ten seconds of hostile input for each parser.
fuzz:
	cargo run -q --release --locked -p xtask -- fuzz

# Writes the committed contracts anew.
schemas:
	cargo run -q --locked -p xtask -- schemas
