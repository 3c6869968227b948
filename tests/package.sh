#!/usr/bin/env bash
# package.sh [PACKAGE]: builds the Debian package, or takes an existing one, installs it on this
# machine, tests what it installed, and purges it.
#
# Needs Rust, and root on Debian or a descendant; installs cargo-deb if it is missing. Not part of
# run.sh: it builds with the `dist` profile and changes the machine while it runs.
set -Eeuo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec </dev/null
trap 'printf "\nFAILED at line %s\n" "$LINENO" >&2' ERR

say() { printf '\n== %s\n' "$*"; }
expect() { "$@" || { printf 'failed: %s\n' "$*" >&2; exit 1; }; }

if [[ $(id -u) -ne 0 ]]; then
  printf 'run this as root, on a machine that may be changed\n' >&2
  exit 1
fi
if dpkg-query -W -f '${Status}' snarkfee 2>/dev/null | grep -q 'ok installed'; then
  printf 'snarkfee is already installed here and would be replaced; use another machine\n' >&2
  exit 1
fi

package=${1:-}
if [[ -z $package ]]; then
  cargo deb --version >/dev/null 2>&1 || cargo install cargo-deb --locked
  package=$(packaging/deb.sh)
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
  /usr/share/fish/vendor_completions.d/snarkfee.fish /usr/share/man/man1/snarkfee.1.gz \
  /usr/share/man/man1/snarkfee-run.1.gz \
  /usr/share/doc/snarkfee/copyright; do
  # dpkg in a container may exclude documentation.
  [[ -e $file ]] || grep -rqs "path-exclude" /etc/dpkg/dpkg.cfg.d ||
    { printf '%s is missing\n' "$file" >&2; exit 1; }
done
expect test "$(stat -c %U:%a /usr/bin/snarkfee)" = root:755
expect snarkfee --version
expect bash -c "snarkfee config -c /etc/snarkfee/snarkfee.toml --effective 2>/dev/null | grep -q 'mode = \"dry-run\"'"
# There is no daemon here, so the check must fail for that reason alone.
findings=$(snarkfee check -c /etc/snarkfee/snarkfee.toml 2>/dev/null) &&
  { printf 'the check found a daemon\n' >&2; exit 1; }
expect grep -q 'FAIL  main.reachability' <<<"$findings"
expect test "$(grep -c '^FAIL' <<<"$findings")" -eq 1
if command -v systemd-analyze >/dev/null; then
  expect systemd-analyze verify --man=no /usr/lib/systemd/system/snarkfee.service
fi
if [[ -d /run/systemd/system ]]; then
  expect bash -c '! systemctl is-active --quiet snarkfee'
fi

say "remove"
printf '# edited by the operator\n' >>/etc/snarkfee/snarkfee.toml
dpkg --remove snarkfee
expect test ! -e /usr/bin/snarkfee
expect grep -q 'edited by the operator' /etc/snarkfee/snarkfee.toml
dpkg --purge snarkfee
trap - EXIT
expect test ! -e /etc/snarkfee/snarkfee.toml
expect bash -c '! command -v snarkfee'

say "passed: $package"
