#!/usr/bin/env bash
# Makes the Python environment .venv/NAME from scripts/requirements-NAME.txt.
# `scripts/python-env.sh --help` says how.
set -euo pipefail

usage() {
	cat <<USAGE
usage: scripts/python-env.sh NAME

Makes .venv/NAME, a Python environment with exactly the packages that
scripts/requirements-NAME.txt pins. A second run does nothing, until the list
or the Python changes.

PYTHON=python3.12 makes it from another Python than python3.
USAGE
}

say() { printf '%s\n' "$*" >&2; }

# die MESSAGE [HINT]
die() {
	say "python-env: $1"
	if [ -n "${2:-}" ]; then say "hint: $2"; fi
	exit 1
}

case "$#:${1:-}" in
1:-h | 1:--help)
	usage
	exit 0
	;;
1:?*) ;;
*) die "want one NAME, got $# arguments" "scripts/python-env.sh --help" ;;
esac

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
readonly root name=$1 python=${PYTHON:-python3}
readonly requirements=$root/scripts/requirements-$name.txt
readonly environment=$root/.venv/$name
readonly stamp=$environment/installed

if [ ! -r "$requirements" ]; then
	known=$(cd "$root/scripts" && printf '%s\n' requirements-*.txt | sed 's/^requirements-//; s/\.txt$//' | tr '\n' ' ')
	die "no list of packages for \"$name\"" "the environments are: $known"
fi
command -v "$python" >/dev/null ||
	die "$python is not installed" "sudo apt-get install python3 python3-pip python3-venv, or your system's like"

# The stamp is written last and goes with the folder, so an environment that
# was not finished has none. It names all that the environment was made from.
wanted=$("$python" - "$requirements" <<'PYTHON'
import hashlib, sys
with open(sys.argv[1], "rb") as requirements:
    print("python %d.%d" % sys.version_info[:2], hashlib.sha256(requirements.read()).hexdigest())
PYTHON
)
if [ -x "$environment/bin/python" ] && [ -r "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then exit 0; fi

# A list may open with the Pythons that it has wheels for: "# python 3.9 to 3.13".
range=$(sed -n '1s/^# python 3\.\([0-9]*\) to 3\.\([0-9]*\)$/\1 \2/p' "$requirements")
if [ -n "$range" ]; then
	"$python" -c 'import sys; v = sys.version_info[:2]; sys.exit(not (3, int(sys.argv[1])) <= v <= (3, int(sys.argv[2])))' \
		"${range% *}" "${range#* }" ||
		die "the packages of $name are for Python 3.${range% *} to 3.${range#* }, this is $("$python" -V 2>&1)" \
			"install such a Python and name it: PYTHON=python3.${range#* } scripts/python-env.sh $name"
fi

mkdir -p "$root/.venv"
# Two makes at once would write into one folder: the second waits.
if command -v flock >/dev/null; then
	exec 9>"$root/.venv/lock"
	flock 9
	if [ -r "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then exit 0; fi
fi

say "making the Python environment .venv/$name"
rm -rf "$environment"
"$python" -m venv "$environment" >&2 9>&- ||
	die "failed to make a Python environment in $environment" "sudo apt-get install python3-venv, or your system's like"
# The list is complete, so pip adds nothing of its own choice and checks that. Most of
# what comes is never imported: Python compiles what is, when it first is.
"$environment/bin/python" -m pip install --quiet --disable-pip-version-check --no-cache-dir --no-compile \
	--only-binary=:all: --no-deps --requirement "$requirements" >&2 9>&- ||
	die "failed to install the packages of $name by pip, which says why above" "check the network and pip's settings"
# A list may name what others in it ask for, but not for what they do here: "# without NAME NAME".
if ! misfits=$("$environment/bin/python" -m pip --disable-pip-version-check check 9>&-); then
	without=$(sed -n 's/^# without //p' "$requirements")
	misfits=$(grep -vE " requires (${without// /|}), which is not installed\.$" <<<"$misfits" || true)
	if [ -n "$misfits" ]; then die "the packages that $requirements pins do not fit together: $misfits"; fi
fi
printf '%s\n' "$wanted" >"$stamp"
