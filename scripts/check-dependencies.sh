#!/usr/bin/env bash
# Checks that the tables of docs/dependencies.md list the modules that are linked into
# the program, and those that only tests use, no more and no fewer.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly document=docs/dependencies.md
module=$(go list -m)
readonly module

# modules ARGS...: what packages, with all that they import, are of; for Linux, where
# all of the program is built. CGO_ENABLED=1 shows native code too; none is compiled.
modules() {
	GOOS=linux CGO_ENABLED=1 go list -deps "$@" | { grep -vxF "$module" || true; } | LC_ALL=C sort -u
}

# listed HEADING: the first column of the tables below a heading.
listed() {
	awk -F ' *\\| *' -v heading="## $1" '
		/^## / { inside = $0 == heading }
		inside && $2 ~ /^[^ ]+\.[^ ]+\/[^ ]+$/ { print $2 }
	' "$document" | LC_ALL=C sort
}

format='{{with .Module}}{{.Path}}{{end}}'
linked=$(modules -f "$format" ./cmd/tfgalaxy)
all=$(modules -test -f "$format" ./...)
tests=$(LC_ALL=C comm -13 <(printf '%s\n' "$linked") <(printf '%s\n' "$all"))

faults=0
# compare HEADING MODULES
compare() {
	local difference
	if difference=$(diff <(listed "$1") <(printf '%s\n' "$2")); then return; fi
	echo "check-dependencies: $document, \"$1\":" >&2
	sed -n 's/^< /  is listed, and no longer there: /p; s/^> /  is not listed: /p' <<<"$difference" >&2
	faults=1
}
compare 'Linked into the program' "$linked"
compare 'Only in tests' "$tests"

if [ "$faults" -gt 0 ]; then exit 1; fi
echo "dependencies: $(wc -l <<<"$linked") modules linked, $(wc -l <<<"$tests") more for tests, all in $document"
