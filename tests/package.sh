#!/usr/bin/env bash
# package.sh [PACKAGE]: builds the Debian package, or takes one that was built, installs it on this machine, tries what it installed,
# and removes it again without a trace.
#
# Needs root on Debian or a descendant, and Rust; cargo-deb is installed if it is missing. Not part of run.sh: it needs a release
# build, and it changes the machine while it runs.
set -Eeuo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec </dev/null
trap 'printf "\nFAILED at line %s\n" "$LINENO" >&2' ERR

target=${CARGO_TARGET_DIR:-target}
made=$target/package

say() { printf '\n== %s\n' "$*"; }
expect() { "$@" || { printf 'not so: %s\n' "$*" >&2; exit 1; }; }

if [[ $(id -u) -ne 0 ]]; then
  printf 'packages are installed by root; run this as root, on a machine that may be changed\n' >&2
  exit 1
fi
if dpkg-query -W -f '${Status}' snarkfee 2>/dev/null | grep -q 'ok installed'; then
  printf 'snarkfee is installed here already, and would be replaced; this is not the machine for that\n' >&2
  exit 1
fi

# build: makes the package, and prints nothing but its path on standard output.
build() {
  say "program, manual page, completions" >&2
  cargo build --release --locked >&2
  mkdir -p "$made"
  "$target/release/snarkfee" man >"$made/snarkfee.1"
  for shell in bash zsh fish; do
    "$target/release/snarkfee" completions "$shell" >"$made/snarkfee.$shell"
  done
  # The paths of the assets in Cargo.toml are those of the usual target directory; cargo-deb replaces that of the program alone.
  mkdir -p target
  if [[ $(realpath "$target") != $(realpath target) ]]; then
    rm -rf target/package
    cp -R "$made" target/package
  fi

  say "package" >&2
  cargo deb --version >/dev/null 2>&1 || cargo install cargo-deb --locked >&2
  cargo deb --no-build --no-strip --locked | tail -n 1
}

package=${1:-}
if [[ -z $package ]]; then
  package=$(build)
fi
dpkg-deb --info "$package"
if command -v lintian >/dev/null; then
  lintian --fail-on error "$package"
fi

say "install"
purge() { dpkg --purge snarkfee >/dev/null 2>&1 || true; }
trap purge EXIT
dpkg --install "$package"
for file in /usr/bin/snarkfee /usr/lib/systemd/system/snarkfee.service /etc/snarkfee/snarkfee.toml \
  /usr/share/bash-completion/completions/snarkfee /usr/share/zsh/vendor-completions/_snarkfee \
  /usr/share/fish/vendor_completions.d/snarkfee.fish /usr/share/man/man1/snarkfee.1.gz /usr/share/doc/snarkfee/copyright; do
  # A container's dpkg may leave documentation out.
  [[ -e $file ]] || grep -rqs "path-exclude" /etc/dpkg/dpkg.cfg.d || { printf '%s is missing\n' "$file" >&2; exit 1; }
done
expect test "$(stat -c %U:%a /usr/bin/snarkfee)" = root:755
expect snarkfee --version
expect bash -c "snarkfee config -c /etc/snarkfee/snarkfee.toml --effective 2>/dev/null | grep -q 'mode = \"dry-run\"'"
# There is no daemon here; the check says so and fails, and says nothing worse.
said=$(snarkfee check -c /etc/snarkfee/snarkfee.toml 2>/dev/null) && { printf 'the check found a daemon\n' >&2; exit 1; }
expect grep -q 'FAIL  main.reachability' <<<"$said"
expect test "$(grep -c '^FAIL' <<<"$said")" -eq 1
if command -v systemd-analyze >/dev/null; then
  expect systemd-analyze verify --man=no /usr/lib/systemd/system/snarkfee.service
fi
if [[ -d /run/systemd/system ]]; then
  expect bash -c '! systemctl is-active --quiet snarkfee'
fi

say "remove"
printf '# changed here\n' >>/etc/snarkfee/snarkfee.toml
dpkg --remove snarkfee
expect test ! -e /usr/bin/snarkfee
expect grep -q 'changed here' /etc/snarkfee/snarkfee.toml
dpkg --purge snarkfee
trap - EXIT
expect test ! -e /etc/snarkfee/snarkfee.toml
expect bash -c '! command -v snarkfee'

say "passed: $package"
