#!/usr/bin/env bash
# Puts TensorFlow's C library and its headers into .tensorflow/ of this checkout.
# `scripts/install-tensorflow.sh --help` says how.
set -euo pipefail

readonly version=2.18.1

# The Python wheels for CPython 3.11 hold the library; no Python runs it, so
# one wheel serves every machine, and one hash a package pins what pip fetches.
readonly cpu_wheel="tensorflow-cpu==$version"
readonly cpu_sha256=810c75d7149d2da0cb2092187817b0dcabb80728ca9f9cf3a61f3f42fadd1298
readonly gpu_wheel="tensorflow==$version"
readonly gpu_sha256=c9f87e5d2a680a4595f5dc30daf6bbaec9d4129b46d7ef1b2af63c46ac7d2828

# Room needed while unpacking; pip holds a wheel twice for a moment.
readonly cpu_mib=1300
readonly gpu_mib=4500

usage() {
	cat <<USAGE
usage: scripts/install-tensorflow.sh [--cpu | --gpu] [--force]

Puts TensorFlow's C library into .tensorflow/lib and its headers into
.tensorflow/include of this checkout, about 0.7 GB.

  --cpu      TensorFlow $version for CPUs, from its Python wheel
  --gpu      TensorFlow $version for NVIDIA GPUs, with the CUDA and cuDNN
             libraries of the versions it asks for, about 4 GB
  --force    installs again what is already there
  --help     prints this text

Without --cpu or --gpu it keeps what is installed, and takes --cpu where
nothing is.

TENSORFLOW_HOME=DIR links an existing TensorFlow in instead of fetching one.
DIR is an unpacked libtensorflow archive (lib/libtensorflow*, include/) or the
tensorflow folder of a Python's site-packages. The wheels are for Linux on
x86-64; on any other machine TENSORFLOW_HOME is the way.

The wheels come by pip and heed its settings. Without network, put the wheel
into a folder and set PIP_NO_INDEX=1 PIP_FIND_LINKS=FOLDER.
USAGE
}

say() { printf '%s\n' "$*" >&2; }

# die MESSAGE [HINT]
die() {
	say "install-tensorflow: $1"
	if [ -n "${2:-}" ]; then say "hint: $2"; fi
	exit 1
}

kind='' force=''
while [ $# -gt 0 ]; do
	case $1 in
	--cpu | --gpu)
		if [ -n "$kind" ] && [ "$kind" != "${1#--}" ]; then die "--cpu and --gpu exclude each other"; fi
		kind=${1#--}
		;;
	--force) force=yes ;;
	-h | --help)
		usage
		exit 0
		;;
	*) die "unknown argument \"$1\"" "scripts/install-tensorflow.sh --help" ;;
	esac
	shift
done

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
readonly root target=$root/.tensorflow
readonly stamp=$target/installed

# has_library DIR: the name by which the linker finds TensorFlow is there.
has_library() { [ -e "$1/libtensorflow.so" ] || [ -e "$1/libtensorflow.dylib" ]; }

# The stamp's one line says what is installed: "cpu 2.18.1", "gpu 2.18.1" or
# "home /path/to/it". It is written last and removed first, so a half-made
# installation never carries one.
installed=''
if [ -r "$stamp" ] && has_library "$target/lib" && [ -e "$target/include/tensorflow/c/c_api.h" ]; then
	installed=$(cat "$stamp")
fi

if [ -n "${TENSORFLOW_HOME:-}" ]; then
	if [ -n "$kind" ]; then die "--$kind fetches TensorFlow, TENSORFLOW_HOME names one that is here" "unset TENSORFLOW_HOME, or leave --$kind out"; fi
	home=$(cd "$TENSORFLOW_HOME" 2>/dev/null && pwd -P) ||
		die "failed to open TENSORFLOW_HOME=$TENSORFLOW_HOME: no such folder"
	case $home/ in "$target"/*) die "TENSORFLOW_HOME names this checkout's own copy, $target" "unset TENSORFLOW_HOME" ;; esac
	wanted="home $home"
elif [ -z "$kind" ] && [ -n "$installed" ]; then
	case $installed in
	"home "*) wanted=$installed home=${installed#home } ;;
	*) wanted="${installed%% *} $version" ;;
	esac
else
	wanted="${kind:-cpu} $version"
fi
if [ "$installed" = "$wanted" ] && [ -z "$force" ]; then exit 0; fi

mkdir -p "$target"
# One installation at a time: a second one waits, then finds its work done.
if command -v flock >/dev/null; then
	exec 9>"$target/lock"
	flock 9
	if [ -z "$force" ] && [ -r "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then exit 0; fi
fi
rm -rf "$target"/incoming.*
readonly incoming=$target/incoming.$$
mkdir "$incoming" "$incoming/lib" "$incoming/wheels"
trap 'rm -rf "$incoming"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# check_machine MIB: the wheels hold Linux x86-64 code for glibc, and pip and
# the disk are wanted before the download, not at the end of it.
check_machine() {
	local os arch free
	os=$(uname -s) arch=$(uname -m)
	if [ "$os/$arch" != Linux/x86_64 ]; then
		die "TensorFlow's wheels hold a C library for Linux on x86-64, this is $os on $arch" \
			"set TENSORFLOW_HOME to a TensorFlow for this machine, see --help"
	fi
	if ! getconf GNU_LIBC_VERSION >/dev/null 2>&1; then
		die "TensorFlow's wheels are linked to glibc, which this Linux has not" \
			"use a distribution with glibc, or set TENSORFLOW_HOME to a TensorFlow for this machine"
	fi
	command -v python3 >/dev/null ||
		die "python3 is not installed" "sudo apt-get install python3 python3-pip python3-venv, or your system's like"
	python3 -m pip --version >/dev/null 2>&1 ||
		die "$(command -v python3) has no pip" "sudo apt-get install python3-pip, or python3 -m ensurepip --user"
	free=$(df -Pm "$target" | awk 'NR == 2 { print $4 }')
	if [ "$free" -lt "$1" ]; then
		die "not enough room in $target: $free MiB are free, unpacking needs $1 MiB" \
			"free some, or set TENSORFLOW_HOME to a TensorFlow on another disk, see --help"
	fi
}

# fetch REQUIREMENT [SHA256]: downloads one wheel into $incoming/wheels.
fetch() {
	local requirements=$incoming/requirements.txt
	printf '%s%s\n' "$1" "${2:+ --hash=sha256:$2}" >"$requirements"
	say "fetching ${1/==/ }"
	# TMPDIR: /tmp is often a small memory disk. No cache: nobody fetches twice.
	TMPDIR=$incoming PIP_REQUIRE_VIRTUALENV=0 python3 -m pip download --quiet --progress-bar off \
		--disable-pip-version-check --no-cache-dir --no-deps ${2:+--require-hashes} \
		--only-binary=:all: --implementation cp --python-version 3.11 \
		--platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64 --platform manylinux1_x86_64 \
		--dest "$incoming/wheels" --requirement "$requirements" >&2 9>&- ||
		die "failed to fetch ${1/==/ } by pip, which says why above" \
			"check the network and pip's settings; --help tells how to install without network"
}

# unpack WHAT: takes what is needed out of the wheel fetched last, removes the
# wheel, and for "tensorflow" prints the requirements of its and-cuda extra.
unpack() {
	python3 - "$1" "$incoming" <<'PYTHON'
import glob, os, re, shutil, sys, zipfile

what, incoming = sys.argv[1:]
# The C API's headers and those they include; the C++ ones are ten times as many.
HEADERS = re.compile(r"tensorflow/(include/(?:tensorflow/c|tensorflow/core/platform|"
                     r"tensorflow/core/common_runtime/next_pluggable_device/c|"
                     r"tsl/platform|xla/tsl/c)/.*\.h)")
LIBRARY = re.compile(r"tensorflow/(lib)(tensorflow_(?:cc|framework)\.so\.2)")
NVIDIA = re.compile(r"nvidia/[^/]+/lib/([^/]+\.so[^/]*)")
# TensorFlow looks for the PTX assembler in ../nvidia/cuda_nvcc of its own folder.
NVCC = re.compile(r"nvidia/cuda_nvcc/(?:bin/ptxas|nvvm/.+[^/])")
LICENCE = re.compile(r"tensorflow/include/LICENSE|tensorflow/THIRD_PARTY_NOTICES\.txt|"
                     r"[^/]+\.dist-info/(?:.*/)?License[^/]*")

[wheel] = glob.glob(incoming + "/wheels/*.whl")
with zipfile.ZipFile(wheel) as archive:
    for member in archive.namelist():
        if what == "tensorflow" and (m := HEADERS.fullmatch(member)):
            place = m[1]
        elif what == "tensorflow" and (m := LIBRARY.fullmatch(member)):
            place = "lib/lib" + m[2]
        elif what == "nvidia" and (m := NVIDIA.fullmatch(member)):
            place = "lib/" + m[1]
        elif what == "nvidia" and NVCC.fullmatch(member):
            place = member
        elif LICENCE.fullmatch(member):
            place = "licences/" + os.path.basename(wheel).split("-")[0] + "/" + os.path.basename(member)
        else:
            continue
        place = os.path.join(incoming, place)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with archive.open(member) as source, open(place, "wb") as copy:
            shutil.copyfileobj(source, copy, 1 << 20)
        if archive.getinfo(member).external_attr >> 16 & 0o100:
            os.chmod(place, 0o755)
    if what == "tensorflow":
        [metadata] = [n for n in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", n)]
        for line in archive.read(metadata).decode().splitlines():
            m = re.fullmatch(r"Requires-Dist: ([\w.-]+) *\(?(==[\w.]+)\)? *; *extra *== *['\"]and-cuda['\"]", line)
            if m:
                print(m[1] + m[2])
os.remove(wheel)
PYTHON
}

# The linker asks for -ltensorflow; the wheel's library bears another name.
write_linker_script() {
	printf 'INPUT(libtensorflow_cc.so.2 libtensorflow_framework.so.2)\n' >"$incoming/lib/libtensorflow.so"
}

install_wheel() {
	local cuda package
	if [ "$1" = gpu ]; then
		check_machine "$gpu_mib"
		fetch "$gpu_wheel" "$gpu_sha256"
	else
		check_machine "$cpu_mib"
		fetch "$cpu_wheel" "$cpu_sha256"
	fi
	cuda=$(unpack tensorflow) || die "failed to unpack the wheel of TensorFlow"
	write_linker_script
	if [ "$1" = cpu ]; then return; fi

	# The hash of TensorFlow's wheel vouches for the exact versions it names.
	if [ -z "$cuda" ]; then die "the wheel of TensorFlow names no CUDA libraries"; fi
	for package in $cuda; do
		fetch "$package"
		unpack nvidia || die "failed to unpack the wheel of $package"
	done
}

# link_home DIR: links the libraries of an existing TensorFlow one by one, so
# that they lie beside each other whatever the folders there are called.
link_home() {
	local file folder=$1/lib
	if [ -e "$1/libtensorflow_framework.so.2" ]; then folder=$1; fi
	for file in "$folder"/libtensorflow*; do
		if [ -e "$file" ]; then ln -s "$file" "$incoming/lib/"; fi
	done
	# A Python's GPU TensorFlow finds CUDA in the packages beside its own.
	for file in "$1"/../nvidia/*/lib/*.so*; do
		if [ -e "$file" ]; then ln -sf "$(cd "$(dirname "$file")" && pwd -P)/${file##*/}" "$incoming/lib/"; fi
	done
	if [ -e "$1/../nvidia/cuda_nvcc" ]; then
		mkdir "$incoming/nvidia"
		ln -s "$(cd "$1/../nvidia/cuda_nvcc" && pwd -P)" "$incoming/nvidia/"
	fi
	if has_library "$incoming/lib"; then
		:
	elif [ -e "$incoming/lib/libtensorflow.so.2" ]; then
		ln -s libtensorflow.so.2 "$incoming/lib/libtensorflow.so"
	elif [ -e "$incoming/lib/libtensorflow_cc.so.2" ] && [ -e "$incoming/lib/libtensorflow_framework.so.2" ]; then
		write_linker_script
	else
		die "no TensorFlow library in TENSORFLOW_HOME=$1" \
			"it wants lib/libtensorflow.so.2, or libtensorflow_cc.so.2 and libtensorflow_framework.so.2 of a Python package"
	fi
	if [ ! -r "$1/include/tensorflow/c/c_api.h" ]; then
		die "no C headers in TENSORFLOW_HOME=$1" "it wants include/tensorflow/c/c_api.h"
	fi
	ln -s "$1/include" "$incoming/include"
}

# check_library: compiles, links and runs a program the way the Go build will,
# which shows at once that headers and libraries are whole and fit the machine.
check_library() {
	local compiler found
	compiler=${CC:-}
	if [ -z "$compiler" ]; then
		for compiler in gcc clang cc ''; do
			if [ -n "$compiler" ] && command -v "$compiler" >/dev/null; then break; fi
		done
	fi
	if [ -z "$compiler" ]; then die "no C compiler, which the Go build needs too" "sudo apt-get install gcc, or your system's like"; fi
	cat >"$incoming/check.c" <<'C'
#include <stdio.h>
#include "tensorflow/c/c_api.h"
#include "tensorflow/c/eager/c_api.h"
int main(void) { return puts(TF_Version()) < 0; }
C
	# $compiler may be a command with arguments, as CC is for make.
	# shellcheck disable=SC2086
	$compiler -o "$incoming/check" -I"$incoming/include" "$incoming/check.c" \
		-L"$incoming/lib" -Wl,-rpath,"$incoming/lib" -ltensorflow >&2 9>&- ||
		die "failed to link a C program with the library" "the compiler says why above"
	found=$("$incoming/check" 2>"$incoming/check.log" 9>&-) || {
		cat "$incoming/check.log" >&2
		die "failed to load the library" "the loader says why above"
	}
	if [ "$kind" != home ] && [ "$found" != "$version" ]; then
		die "the library says it is TensorFlow $found, want $version"
	fi
	say "TensorFlow $found is in $target"
}

kind=${wanted%% *}
case $kind in
home) link_home "$home" ;;
*) install_wheel "$kind" ;;
esac
check_library

rm -f "$stamp"
for part in lib include nvidia licences; do
	rm -rf "${target:?}/$part"
	if [ -e "$incoming/$part" ]; then mv "$incoming/$part" "$target/$part"; fi
done
printf '%s\n' "$wanted" >"$incoming/installed"
mv "$incoming/installed" "$stamp"
