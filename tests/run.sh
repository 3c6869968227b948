#!/usr/bin/env bash
# Every check of the project, in one command: installs what is missing, then formatting, lints, tests, documentation.
#
# Needs Rust; on Debian and its descendants the rest is installed, as root or through sudo. Only the first three steps use the
# network: after them cargo is kept offline, and the tests talk to loopback addresses alone.
set -Eeuo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec </dev/null

# Settings of the caller's shell must not reach the tests.
unset RUST_LOG NO_COLOR RUSTFLAGS RUSTDOCFLAGS STATE_DIRECTORY XDG_STATE_HOME
for variable in "${!SNARKFEE__@}"; do unset "$variable"; done
export CARGO_TERM_PROGRESS_WHEN=never

step="start"
trap 'printf "\nFAILED: %s\n" "$step" >&2' ERR

# step NAME COMMAND..: runs a command, and prints its name before and its seconds after.
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
    printf 'missing, and there is no apt-get to install it with: %s\n' "$*" >&2
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
    printf 'cargo is missing: install Rust, the version that Cargo.toml names as rust-version or a later one\n' >&2
    return 1
  fi
  # Linking, and the assembler of the TLS library.
  command -v cc >/dev/null || install_debian gcc libc6-dev
  local component
  for component in fmt clippy; do
    if ! cargo "$component" --version >/dev/null 2>&1; then
      rustup component add "${component/fmt/rustfmt}"
    fi
  done
  # What some tests run beside the program: a Prometheus server, a browser, systemd's judgement of the service file.
  local missing=()
  command -v prometheus >/dev/null && command -v promtool >/dev/null || missing+=(prometheus)
  command -v chromium >/dev/null || missing+=(chromium)
  command -v chromedriver >/dev/null || missing+=(chromium-driver)
  command -v systemd-analyze >/dev/null || missing+=(systemd)
  command -v npm >/dev/null || missing+=(npm)
  if ((${#missing[@]})); then
    install_debian "${missing[@]}"
  fi
  cargo --version
}

# The checks of accessibility that the browser runs in the page, where the tests look for them.
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

tests() {
  if cargo nextest --version >/dev/null 2>&1; then
    cargo nextest run --workspace --locked --no-fail-fast
  else
    cargo test --workspace --locked --no-fail-fast --lib --bins --tests
  fi
}

documentation() {
  RUSTDOCFLAGS="--deny warnings" cargo doc --workspace --locked --no-deps --document-private-items
}

step "tools" tools
step "dependencies as locked" fetch
step "axe-core" axe_core
export CARGO_NET_OFFLINE=true
# From here on a test that misses one of these tools fails; without this it says that it was skipped.
export SNARKFEE_TEST_TOOLS=required
step "format" cargo fmt --all --check
step "lints" cargo clippy --workspace --locked --all-targets -- --deny warnings
step "tests" tests
step "documentation tests" cargo test --workspace --locked --doc
step "documentation" documentation

printf '\nall passed in %d s\n' "$SECONDS"
