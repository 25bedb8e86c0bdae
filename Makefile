# The commands of developers and of CI. Everything they build stays under target/.

.PHONY: test ui faults check check-rest setup fmt clippy docs messages deny features layers package bench bench-peers peers-lock scale clean

# Incremental data takes a fifth of the time of a fresh build. Cargo, called directly, keeps it beside this.
export CARGO_INCREMENTAL ?= 0

CARGO_DENY_VERSION := 0.20.2

target := $(or $(CARGO_TARGET_DIR),target)
tools := $(target)/tools
cargo_deny := $(tools)/bin/cargo-deny-$(CARGO_DENY_VERSION)
with_postgres := $(target)/debug/with-postgres
run_tests := $(target)/debug/run-tests

# All tests, against a throwaway Postgres server, or against the server of DATABASE_URL. Those about limits of time, migrations
# and claims also run against a newer one, if it can be fetched, in 25 s.
test: setup
	cargo test --workspace --all-features --no-run
	$(with_postgres) -- $(run_tests) $(ARGS)
	$(if $(ARGS),,@scripts/with-newer-postgres $(with_postgres) -- sh -c '\
		cargo test --quiet --workspace --all-features --test pools -- defaults migrations && \
		cargo test --quiet --workspace --all-features --test contract_postgres -- claim --skip through_pgbouncer')

# Looks at the dashboard in Chromium, in a minute: every page and every action, with scripts and without. PICTURES=FOLDER keeps
# pictures of all pages, as in docs/pictures. axe-core, which checks whether everyone can use them, is fetched from npm.
AXE_VERSION := 4.14.1
axe := $(tools)/axe-$(AXE_VERSION)/package/axe.min.js
ui: setup $(axe)
	@scripts/setup-browser
	cargo build --workspace --all-features --bin with-postgres
	cargo test --workspace --all-features --test ui --no-run
	FANG_UI_AXE=$(abspath $(axe)) FANG_UI_PICTURES=$(abspath $(PICTURES)) $(with_postgres) -- \
		cargo test --quiet --workspace --all-features --test ui -- --test-threads=2 $(ARGS)

$(axe):
	mkdir -p $(tools)/axe-$(AXE_VERSION)
	cd $(tools)/axe-$(AXE_VERSION) && npm pack --silent axe-core@$(AXE_VERSION) && tar -xzf axe-core-$(AXE_VERSION).tgz

# Breaks processes, connections and servers under fang, and counts what that costs: the short form of each campaign, and of
# the crash kit for users, four at a time. At the end it prints the report of each. FORM=long runs the long forms, one after the other, for hours. ARGS chooses: `make faults ARGS=kill`.
faults: setup
	cargo test --workspace --all-features --test campaigns --test crash --test with_postgres --no-run
	FANG_FAULTS_FORM=$(FORM) $(with_postgres) -- \
		cargo test --workspace --all-features --test campaigns --test crash -- \
		--show-output --test-threads=$(if $(FORM),1,4) $(ARGS)

# All checks of CI.
check: check-rest test scale faults

# All checks of CI except the tests. Fast checks come first.
check-rest: fmt layers peers-lock clippy docs messages features package deny

# Installs Postgres and the other programs that the tests need, if they are missing.
setup:
	@scripts/setup

# Checks the formatting.
fmt:
	cargo fmt --all --check

# Runs clippy. Every warning is an error. `--all-targets` passes over the tests that have commands of their own.
clippy:
	cargo clippy --workspace --all-targets --all-features -- -D warnings
	cargo clippy --workspace --test '*' --all-features -- -D warnings

# Builds the documentation. A broken link is an error.
docs:
	RUSTDOCFLAGS=-Dwarnings cargo doc --workspace --no-deps --all-features

# Compares the messages of the compiler about tasks that cannot be with those on file.
messages:
	cargo test --workspace --all-features --test messages

# Checks licences, sources and dependencies. Leaves out advisories, which need a
# database from the network.
deny: $(cargo_deny)
	$(cargo_deny) --workspace --all-features check bans licenses sources

# Installs cargo-deny as a debug build, which takes a tenth of the time of a release build.
$(cargo_deny):
	CARGO_PROFILE_DEV_DEBUG=0 CARGO_TARGET_DIR=$(tools)/build cargo install --quiet --locked --debug \
		--root $(tools) --version $(CARGO_DENY_VERSION) cargo-deny
	rm -rf $(tools)/build
	mv $(tools)/bin/cargo-deny $@

# Checks `fang` without features and with each feature alone, and each library crate alone.
features:
	cargo check -p fang --no-default-features
	set -e; for feature in $$(sed -n '/^\[features\]/,/^\[[^f]/s/^\([a-z0-9_-]*\) *=.*/\1/p' Cargo.toml); do \
		echo "feature $$feature"; \
		cargo check --quiet -p fang --no-default-features --features $$feature; \
	done
	set -e; for crate in fang-*/Cargo.toml; do \
		echo "$${crate%/Cargo.toml}"; \
		cargo check --quiet -p $${crate%/Cargo.toml}; \
	done

# Checks which crates depend on which others.
layers:
	scripts/layers

# Builds the packages as a registry would serve them, and a program that depends on them.
package:
	scripts/package

# Runs the benchmarks against a throwaway cluster with durable settings. ARGS selects parts: see benches/src/main.rs.
bench: setup
	cargo build --release -p fang-cli
	cargo run -q -p fang-test-support --bin with-postgres -- --durable -- \
		cargo run --release -p fang-bench $(if $(findstring observed,$(ARGS)),--features observed) -- $(ARGS)

# Measures fang and other libraries, in a quarter of an hour. If a library does not build, its line in the table says
# so. The first build takes many more minutes.
bench-peers: setup
	-scripts/setup-redis
	-cargo build --release --locked --keep-going --manifest-path benches/peers/Cargo.toml --target-dir $(target)/peers
	cargo run -q -p fang-test-support --bin with-postgres -- --durable -- \
		env NODE_PATH=$(abspath $(target))/node/node_modules $(target)/peers/release/fang-peers $(ARGS)

# Checks that the lock file of the peers fits their dependencies, and those of fang. Builds nothing.
peers-lock:
	cargo update --workspace --locked --quiet --manifest-path benches/peers/Cargo.toml

# Measures the looks at a table of many tasks, waiting, failed and finished: the time of each by EXPLAIN, and the rows that
# the server reads for it, which are bounded. ROWS=5000000 is the full form, in which 20 ms is the limit.
ROWS ?= 300000
scale: setup
	FANG_SCALE_ROWS=$(ROWS) $(with_postgres) -- cargo test --quiet --workspace --all-features --test scale -- --nocapture
	FANG_SCALE_ROWS=$(ROWS) $(with_postgres) -- \
		cargo test --quiet --workspace --all-features --test dashboard -- large --nocapture

# Removes all build results.
clean:
	cargo clean
