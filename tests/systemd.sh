#!/usr/bin/env bash
# systemd.sh [BINARY]: installs the Debian package in a container that boots systemd, starts the
# service, gives it orders as root and as another user, upgrades and purges it, and says what it saw.
#
# Needs root, debootstrap, systemd-nspawn and cargo-deb; BINARY is target/release/snarkfee by default.
# Not part of run.sh. The root file system is made once, in target/systemd; nothing else is changed.
set -Eeuo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec </dev/null
trap 'printf "\nFAILED at line %s\n" "$LINENO" >&2' ERR

binary=${1:-target/release/snarkfee}
work=$PWD/target/systemd
root=${SYSTEMD_ROOT:-$work/root}
machine=snarkfee-test-$$

say() { printf '\n== %s\n' "$*"; }
if [[ $(id -u) -ne 0 ]]; then
  printf 'run this as root\n' >&2
  exit 1
fi
mkdir -p "$work" target/package target/release
if [[ ! -e $root/usr/lib/systemd/systemd ]]; then
  say "root file system"
  debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus,ca-certificates \
    "$(. /etc/os-release; printf '%s' "$VERSION_CODENAME")" "$root" >"$work/debootstrap.log"
fi

say "two packages of $binary"
[[ $binary -ef target/release/snarkfee ]] || install -m 755 "$binary" target/release/snarkfee
target/release/snarkfee man --folder target/package
config/licences.sh >target/package/third-party-licences.txt
for shell in bash zsh fish; do
  target/release/snarkfee completions "$shell" >"target/package/snarkfee.$shell"
done
for version in 0.0.9 0.1.0; do
  cargo deb --no-build --no-strip --locked --deb-version "$version" \
    --output "$work/snarkfee_$version.deb" >/dev/null
done

say "boot"
systemd-nspawn --quiet --boot --register=no --keep-unit --machine="$machine" --volatile=overlay \
  --directory="$root" --bind-ro="$work:/packages" --private-network >"$work/console.log" 2>&1 &
container=$!
trap 'kill -RTMIN+4 "$leader" 2>/dev/null || true; wait "$container" 2>/dev/null || true' EXIT
leader=
for _ in $(seq 1 100); do
  leader=$(pgrep -P "$container" | head -1 || true)
  [[ -n $leader ]] && break
  sleep 0.2
done
inside() { nsenter --target "$leader" --all -- /usr/bin/env -i PATH=/usr/bin:/bin:/usr/sbin "$@"; }
for _ in $(seq 1 100); do
  state=$(inside systemctl is-system-running 2>/dev/null || true)
  case $state in running | degraded) break ;; esac
  sleep 0.2
done
printf 'systemd %s: %s\n' "$(inside systemctl --version | head -1 | cut -d' ' -f2)" "$state"

# try CODE TEXT COMMAND..: runs it inside, shows what it says, and expects an exit code and a text.
try() {
  local code=$1 text=$2 said rc=0
  shift 2
  said=$(inside "$@" 2>&1) || rc=$?
  printf '$ %s\n%s\n[%s]\n' "$*" "$said" "$rc"
  [[ $rc -eq $code && $said == *"$text"* ]] ||
    { printf 'expected exit code %s and "%s"\n' "$code" "$text" >&2; exit 1; }
}

say "install the earlier version, start"
try 0 "" dpkg --install /packages/snarkfee_0.0.9.deb
try 0 "tokio 1" grep -m 1 '^tokio ' /usr/share/doc/snarkfee/third-party-licences.txt
try 1 "there is no journal" snarkfee pause -c /etc/snarkfee/snarkfee.toml
inside sed -i '/^mode/a interval = "1s"' /etc/snarkfee/snarkfee.toml
try 0 "" systemctl start snarkfee
try 0 "active" systemctl is-active snarkfee
inside useradd --create-home ann

say "orders"
try 0 "every daemon: paused until resumed, in the journal of the running service" snarkfee pause
try 0 "paused" sh -c 'sleep 2; snarkfee history --since 1h -c /etc/snarkfee/snarkfee.toml | tail -2'
try 1 "run this as root, or as the user that the service runs as" \
  setpriv --reuid ann --regid ann --clear-groups env HOME=/home/ann snarkfee pause
try 1 "no daemon is called" snarkfee pause --daemon nosuch
try 0 "main: resumed" snarkfee resume --daemon main
try 0 "main: paused until 20" snarkfee pause --daemon main --for 2h

say "upgrade: the pause stays"
try 0 "" dpkg --install /packages/snarkfee_0.1.0.deb
try 0 "" systemctl restart snarkfee
try 0 "active" systemctl is-active snarkfee
try 0 "paused" sh -c 'sleep 2; journalctl -u snarkfee -o cat | grep "reason=\"paused\"" | tail -1'
try 0 "status=0" sh -c 'systemctl stop snarkfee; systemctl show snarkfee -p ExecMainStatus | sed s/ExecMainS/s/'
try 0 "from the next start on" snarkfee resume

say "purge"
try 0 "" dpkg --purge snarkfee
try 0 "gone" sh -c '! command -v snarkfee && ! test -e /etc/snarkfee/snarkfee.toml && echo gone'
say "passed"
