# What people and CI run. Everything made here stays under target/.

.PHONY: test check check-rest setup fmt clippy docs deny features layers package bench bench-peers clean

CARGO_DENY_VERSION := 0.20.2

target := $(or $(CARGO_TARGET_DIR),target)
tools := $(target)/tools
cargo_deny := $(tools)/bin/cargo-deny-$(CARGO_DENY_VERSION)
with_postgres := $(target)/debug/with-postgres

# All tests, against a throwaway Postgres (or the server DATABASE_URL names).
test: setup
	cargo test --workspace --all-features --no-run
	$(with_postgres) -- cargo test --workspace --all-features

# Everything CI checks.
check: check-rest test

# Everything CI checks besides the tests; what fails quickly comes first.
check-rest: fmt layers clippy docs features package deny

# Installs Postgres where it is missing.
setup:
	@scripts/setup

# Formatting.
fmt:
	cargo fmt --all --check

# Lints, all of them errors.
clippy:
	cargo clippy --workspace --all-targets --all-features -- -D warnings

# Documentation without broken links.
docs:
	RUSTDOCFLAGS=-Dwarnings cargo doc --workspace --no-deps --all-features

# Licences, sources, and who may depend on what. The advisories are left out:
# they come from a database on the network.
deny: $(cargo_deny)
	$(cargo_deny) --workspace --all-features check bans licenses sources

# A debug build: it takes a tenth of the time a release build takes.
$(cargo_deny):
	CARGO_PROFILE_DEV_DEBUG=0 CARGO_TARGET_DIR=$(tools)/build cargo install --quiet --locked --debug \
		--root $(tools) --version $(CARGO_DENY_VERSION) cargo-deny
	rm -rf $(tools)/build
	mv $(tools)/bin/cargo-deny $@

# Each feature of `fang` alone, none, and each library crate alone.
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

# Which crates may see which others.
layers:
	scripts/layers

# The packages as a registry would serve them, and a program that depends on them.
package:
	scripts/package

# Measures this crate, against a cluster that is as durable as a real one. ARGS chooses: see benches/src/main.rs.
bench: setup
	cargo run -q -p fang-test-support --bin with-postgres -- --durable -- \
		cargo run --release -p fang-bench -- $(ARGS)

# Measures other libraries beside this one, in a quarter of an hour. One that does not build is a line of the
# table. The first build takes many minutes more.
bench-peers: setup
	-cargo build --release --locked --keep-going --manifest-path benches/peers/Cargo.toml --target-dir $(target)/peers
	cargo run -q -p fang-test-support --bin with-postgres -- --durable -- \
		$(target)/peers/release/fang-peers $(ARGS)

# Removes all that was built.
clean:
	cargo clean
