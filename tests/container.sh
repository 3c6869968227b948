#!/usr/bin/env bash
# container.sh [PROGRAM]: builds the image from a program that was built before (target/dist/snarkfee,
# else it builds that one), with buildah, which needs no daemon; runs it read-only as its own user,
# without capabilities, and probes it; checks the Compose file.
#
# Needs root on Debian or a descendant, and installs buildah, bubblewrap and, in a virtual environment,
# podman-compose. Not part of run.sh: nested containers are not allowed everywhere.
set -Eeuo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec </dev/null
trap 'printf "\nFAILED at line %s\n" "$LINENO" >&2' ERR

say() { printf '\n== %s\n' "$*"; }

missing=()
command -v buildah >/dev/null || missing+=(buildah)
command -v bwrap >/dev/null || missing+=(bubblewrap)
if ((${#missing[@]})); then
  apt-get install -q -y --no-install-recommends "${missing[@]}"
fi

program=${1:-}
if [[ -z $program ]]; then
  cargo build --profile dist --locked
  program=${CARGO_TARGET_DIR:-target}/dist/snarkfee
fi

say "root folder"
rm -rf target/image
config/container/assemble.sh "$program" target/image

work=$(mktemp -d)
build=(buildah --root "$work/storage" --runroot "$work/run" --storage-driver vfs)
service=
# shellcheck disable=SC2329  # called by the trap
cleanup() {
  [[ -z $service ]] || kill "$service" 2>/dev/null || true
  "${build[@]}" umount --all >/dev/null 2>&1 || true
  rm -rf "$work" target/image
}
trap cleanup EXIT

say "image"
"${build[@]}" bud --isolation chroot --format docker --build-arg ROOT=prebuilt \
  -f config/container/Containerfile -t snarkfee .
"${build[@]}" images
"${build[@]}" inspect --type image snarkfee |
  python3 -c 'import json, sys
config = json.load(sys.stdin)["Docker"]["config"]
print("user", config["User"], "command", config["Entrypoint"] + config["Cmd"], "health", config["Healthcheck"]["Test"])
assert config["User"] == "65532:65532"'

say "read-only, as user 65532, no capabilities"
container=$("${build[@]}" from snarkfee)
# The storage belongs to root alone.
root=$work/root
cp -a "$("${build[@]}" mount "$container")" "$root"
find "$root" -maxdepth 1 -printf '%M %u %f\n'
mkdir "$work/state" "$work/settings"
chown 65532:65532 "$work/state"
cat >"$work/settings/snarkfee.toml" <<TOML
[controller]
listen = "127.0.0.1:19527"
[daemons.main]
graphql_url = "http://127.0.0.1:9/graphql"
[daemons.main.cost]
per_work = "0.001 MINA"
TOML
chmod -R a+rX "$work/settings"
chmod 711 "$work"
in_image() {
  exec setpriv --reuid 65532 --regid 65532 --clear-groups --no-new-privs -- \
    bwrap --unshare-all --share-net --die-with-parent --cap-drop ALL --clearenv \
    --setenv STATE_DIRECTORY /var/lib/snarkfee \
    --ro-bind "$root" / --proc /proc --dev /dev --bind "$work/state" /var/lib/snarkfee \
    --ro-bind "$work/settings" /etc/snarkfee "$@"
}
(in_image /snarkfee --version)
in_image /snarkfee run -c /etc/snarkfee/snarkfee.toml 2>"$work/log" &
service=$!
for _ in $(seq 100); do
  curl -fsS http://127.0.0.1:19527/readyz >/dev/null 2>&1 && break
  kill -0 "$service" || { cat "$work/log"; exit 1; }
  sleep 0.1
done
curl -fsS http://127.0.0.1:19527/readyz
printf '\n'
# There is no daemon here, which is what the health check says, with exit code 1.
{ (in_image /snarkfee explain -c /etc/snarkfee/snarkfee.toml --json 2>/dev/null) || test $? = 1; } |
  python3 -c 'import json, sys
print("health:", json.load(sys.stdin)["headline"])'
find "$work/state" -type f -printf '%U %M %f\n'
# bubblewrap passes no signals on.
pkill -TERM -P "$(pgrep -P "$service")"
wait "$service" || true
service=
tail -n 3 "$work/log"

say "Compose"
python3 -m venv "$work/python"
"$work/python/bin/pip" install --quiet --disable-pip-version-check podman-compose==1.5.0
# It only reads the file here, but asks podman for its version first.
printf '#!/bin/sh\necho podman version 4.3.1\n' >"$work/podman"
chmod +x "$work/podman"
MINA_IMAGE=mina MINA_PEERS=https://peers.example.org MINA_KEY=key "$work/python/bin/podman-compose" \
  --podman-path "$work/podman" -f config/compose/compose.yml config >"$work/compose.yml"
grep -A1 '^  [a-z]*:$' "$work/compose.yml"

printf '\nthe image works\n'
