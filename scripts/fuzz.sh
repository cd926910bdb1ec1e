#!/usr/bin/env bash
# Feeds every fuzz target of the project with N inputs and prints a Markdown table.
# Ends with 1 where a target found a fault: its input is then in the testdata/fuzz
# of its package, and goes into the repository with the mend.
set -euo pipefail
shopt -s inherit_errexit # a package whose tests do not compile ends it
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [[ ! ${1-} =~ ^[1-9][0-9]*$ || $# -gt 2 ]]; then
	echo 'usage: scripts/fuzz.sh N [PATTERN]   N inputs to each target that matches' >&2
	echo "       in the environment of: eval \"\$(make -s env)\"" >&2
	exit 2
fi
readonly inputs=$1 pattern=${2-.}
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# Listing compiles the tests; a package without a target is not compiled.
targets=$(grep -rlE --include='*_test.go' --exclude-dir='.?*' '^func Fuzz' . | xargs -n 1 dirname | sort -u | while read -r package; do
	go test -list '^Fuzz' "$package" | awk -v package="${package#./}" '/^Fuzz/ { print package, $1 }'
done)
echo '| target | inputs | faults |'
echo '|---|---|---|'
failed=0 matched=0
while read -r package target; do
	[[ $package/$target =~ $pattern ]] || continue
	matched=1 began=$SECONDS faults=0
	if ! go test -run '^$' -fuzz "^$target\$" -fuzztime "${inputs}x" -fuzzminimizetime 100x -parallel 2 "./$package" >"$log" 2>&1; then
		faults=1 failed=1
		cat "$log" >&2
	fi
	echo "| $package/$target | $inputs | $faults |"
	echo "$package/$target: $((SECONDS - began)) s" >&2
done <<<"$targets"
if ((!matched)); then
	echo "no target matches $pattern" >&2
	exit 1
fi
exit "$failed"
