#!/usr/bin/env bash
# Checks that no import runs against the architecture: which folder may import
# which, where native code may stand, and where the big dependencies stay.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

module=$(go list -m)
readonly module

# may_import FOLDER: the other folders of the project that FOLDER may import.
may_import() {
	case $1 in
	galaxyzoo) echo internal ;;
	imageproc | run) echo galaxyzoo internal ;;
	internal) echo galaxyzoo ;;
	plots) echo galaxyzoo imageproc run internal ;;
	baseline) echo galaxyzoo imageproc internal ;;
	graph) echo galaxyzoo internal ;;
	train) echo galaxyzoo imageproc run baseline graph infer internal ;;
	infer) echo galaxyzoo imageproc run graph internal ;;
	serve) echo galaxyzoo imageproc run graph infer internal ;;
	examples) echo galaxyzoo imageproc infer ;;
	cmd | scripts) echo galaxyzoo imageproc run plots baseline graph train infer serve internal ;;
	*) return 1 ;;
	esac
}

# may_use FOLDER IMPORT: the dependencies that one layer keeps to itself.
may_use() {
	case $2 in
	github.com/wamuir/graft/*) [[ $1 == graph || $1 == infer ]] ;;
	github.com/urfave/cli/*) [[ $1 == cmd ]] ;;
	gonum.org/v1/plot | gonum.org/v1/plot/*) [[ $1 == plots ]] ;;
	github.com/prometheus/*) [[ $1 == serve ]] ;;
	os/exec) [[ $1 == scripts ]] ;; # no word of a user comes to be a command
	C) [[ $1 == graph || $1 == infer || $1 == cmd ]] ;;
	esac
}

faults=0
fault() {
	echo "check-imports: $*" >&2
	faults=$((faults + 1))
}

# CGO_ENABLED=1 shows the files with native code too; none of them is compiled.
packages=$(CGO_ENABLED=1 go list -f '{{.ImportPath}}{{range .Imports}} {{.}}{{end}}' ./...)
count=0
while read -r package imports; do
	count=$((count + 1))
	folder=${package#"$module"/}
	folder=${folder%%/*}
	if ! allowed=$(may_import "$folder"); then
		fault "$package: the folder $folder is not in the table of scripts/check-imports.sh"
		continue
	fi
	for import in $imports; do
		if [[ $import == "$module"/* ]]; then
			other=${import#"$module"/}
			other=${other%%/*}
			if [[ $other != "$folder" && " $allowed " != *" $other "* ]]; then
				fault "$package imports $import: $folder may import ${allowed:-no other folder}"
			fi
		elif ! may_use "$folder" "$import"; then
			fault "$package imports $import, which $folder may not use"
		fi
	done
done <<<"$packages"

if [ "$faults" -gt 0 ]; then exit 1; fi
echo "imports: $count packages, each within its bounds"
