# What the project is built, tested and released with. `just` lists the recipes; CONTRIBUTING.md says when to use which.

tools := env("TRIBUTARY_TOOLS", cache_directory() / "tributary-tools")
# The pinned tools first, also Python: the sandbox's tests import boto3 from there.
export PATH := tools / "current" / "bin" + ":" + env("PATH")
# Extra words reach the command as they were typed: `just test -E 'package(tributary-merge)'`.
set positional-arguments := true

# See .config/nextest.toml: `ci` waits longer, goes on after a failure, and leaves nothing out.
profile := if env("CI", "") != "" { "ci" } else if `command -v go || true` == "" { "without-go" } else { "default" }
without_go := "echo 'LEFT OUT: the tests against a real Kubernetes; they need Go, which is not installed' >&2"

# mdBook takes a path as one from its book.
book_folder := absolute_path(env("CARGO_TARGET_DIR", "target") / "book")

# list the recipes
default:
    @just --list --unsorted

# install the pinned tools (quick when they are there)
setup:
    @.ci/tools

# build everything, tests and benchmarks too
build:
    cargo build --workspace --all-targets

# `--tests` beside `--bins`: with it cargo resolves features as it does for tests, and builds the dependencies once.
# all tests: the examples in the docs, then every unit, golden, property and process test; extra words filter the latter
test *filter: setup
    cargo test --workspace --doc --quiet
    cargo build --workspace --bins --tests
    @{{ if profile == "without-go" { without_go } else { ".ci/kubernetes" } }}
    cargo nextest run --workspace --profile {{ profile }} "$@"

# fuzz `normalize`, `folder`, `wire` or `proto`, until Ctrl-C; extra words go to libFuzzer: `-runs=1000000`. It needs nightly and cargo-fuzz
fuzz target *flags:
    mkdir -p "tests/fuzz/corpus/{{ target }}"
    shift; cargo +nightly fuzz run --fuzz-dir tests/fuzz --sanitizer none "{{ target }}" -- \
        -max_len={{ if target == "wire" { "3000" } else if target == "normalize" { "160" } else { "1200" } }} \
        -dict="tests/fuzz/corpus/{{ target }}.dict" -timeout=20 "$@"

# change `merge`, `plan` or `status` in one place after another, and tell which change no test of the crate notices; it needs cargo-mutants
mutants crate *flags:
    shift; CARGO_PROFILE_DEV_DEBUG=0 CARGO_PROFILE_TEST_DEBUG=0 PROPTEST_CASES=32 cargo mutants -p "tributary-{{ crate }}" \
        --no-shuffle --minimum-test-timeout 60 --output target/mutants -C=--lib "$@"

# clippy over every target; a warning is an error
lint:
    cargo clippy --workspace --all-targets -- -D warnings

# format (`just fmt --check` only looks)
fmt *flags:
    cargo fmt --all "$@"

# dependencies: duplicates and bans, licenses, sources
deny: setup
    cargo fetch --locked
    cargo deny --offline --locked check bans licenses sources

# buf's STANDARD rules over the contracts
proto-lint: setup
    buf lint proto

# write docs/reference/api.md, which follows from the contracts (`just reference --check` only looks)
reference *flags: setup
    python3 proto/reference.py "$@"

# the contracts: lint, nothing broken since the last release and the change's start, reference current, their tests
contracts: proto-lint
    proto/breaking
    python3 proto/reference.py --check
    python3 -m unittest discover -s proto/tests -p '*_test.py'

# the query clients in Rust, Go and Python: built, and run against the services; it needs Go
clients: setup
    examples/clients/build
    cargo build --workspace --bins --tests
    cargo nextest run --workspace --profile clients

# the program of the last release beside this one, each service in every combination; it needs the history
skew: setup
    cargo build --workspace --bins --tests
    .ci/skew

# the pages of docs/ as a book in target/book; a broken link is an error
book: setup
    .ci/pages check
    python3 -m unittest discover -s .ci -p '*_test.py'
    mdbook build docs --dest-dir "{{ book_folder }}"
    .ci/pages built "{{ book_folder }}"

# API docs; a warning is an error
doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --lib --bin tributary --examples

# everything that a change has to pass
ci:
    .ci/run

# `system` measures the programs themselves; in one build with the benchmarks they cost their dependencies once.
# the benchmarks of BENCHMARKS.md but for the next; an extra word filters, `system` or `plan` for example
bench *filter:
    cargo build --release --workspace --bins --benches
    cargo bench --workspace --exclude tributary-tests-bench --bench '*' -- "$@"
    cargo bench --workspace --bench system -- "$@"

# the five programs on a real API server; extra words are a size and seconds of churn, `10x10x10 60`, `waiting` or `scale`
bench-kubernetes *load: setup
    .ci/kubernetes
    cargo build --release --workspace --bins --benches
    cargo bench --workspace --bench kubernetes -- "$@"

# the whole pipeline in one process against the local AWS; extra words go to the command
up *flags:
    cargo run -p tributary -- up "$@"

# an API server with the CRDs and a node, to try things on; prints its kubeconfig, Ctrl-C ends it
kubernetes *flags: setup
    .ci/kubernetes
    cargo run -p tributary-tests-kubernetes -- "$@"

# write what follows from the chart: roles, kustomize's base, the table of its values (`just render --check` only looks)
render *flags: setup
    python3 deploy/render.py "$@"

# the chart and what lies beside it in deploy/, by itself, on an API server, and beside its real neighbours; it needs Go and apt-get
chart: setup
    .ci/kubernetes
    .ci/neighbours
    cargo build --workspace --bins --tests
    python3 deploy/render.py --check
    python3 -m unittest discover -s deploy/tests -p '*_test.py'

# draw the dashboards into docs/dashboards, by hand after a change to them: of a real release's data, but with matplotlib; it takes 5 minutes
pictures: setup
    .ci/kubernetes
    .ci/neighbours
    cargo build --workspace --bins --tests
    python3 -m pip install --quiet --target "${CARGO_TARGET_DIR:-target}/pictures" matplotlib==3.10.8
    PYTHONPATH="${CARGO_TARGET_DIR:-target}/pictures" python3 deploy/pictures.py

# the life of an install on a real node, of the debug build or another program: `just install-test target/release/tributary`; as root
install-test binary="": setup
    .ci/kubernetes
    .ci/neighbours
    {{ if binary == "" { "cargo build --workspace --bins" } else { "true" } }}
    .ci/install-test "{{ if binary == "" { env("CARGO_TARGET_DIR", "target") / "debug/tributary" } else { binary } }}"

# the image of the release build as an OCI archive in target/image, or of another program: `just image target/debug/tributary`
image binary="": setup
    {{ if binary == "" { "cargo build --release --workspace --bins" } else { "true" } }}
    deploy/image/build "{{ if binary == "" { env("CARGO_TARGET_DIR", "target") / "release/tributary" } else { binary } }}"

# write the CRDs that our own types describe (then `just render`: the chart has copies)
crds:
    cargo run -p tributary-normalize --example generate_crds -- deploy/crds

# rewrite the goldens with what the code says now; read the diff before you commit it
golden *filter: setup
    UPDATE_GOLDEN=1 cargo nextest run --workspace --no-fail-fast -E 'package(/golden/) | binary(/golden/) | test(/golden/)' "$@"
