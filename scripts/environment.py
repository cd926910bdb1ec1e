"""What the scripts here run in and against: a pinned Python, and this checkout's programs."""

import os
import pathlib
import subprocess
import sys

SCRIPTS = pathlib.Path(__file__).resolve().parent
ROOT = SCRIPTS.parent
TFGALAXY = ROOT / "bin" / "tfgalaxy"


def python(name):
    """The Python of scripts/requirements-NAME.txt, made where it is missing."""
    made = subprocess.run([SCRIPTS / "python-env.sh", name])
    if made.returncode:
        sys.exit(made.returncode)
    return ROOT / ".venv" / name / "bin" / "python"


def has(name):
    """Whether that Python is there, of this list of packages or an older one."""
    return (ROOT / ".venv" / name / "installed").exists()


def enter(name):
    """Goes on in the Python of scripts/requirements-NAME.txt, which is made where it is missing."""
    # Errors alone: these scripts say what matters themselves.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if pathlib.Path(sys.prefix).resolve() == (ROOT / ".venv" / name).resolve():
        return
    program = python(name)
    sys.stdout.flush()
    os.execv(program, [program, *sys.argv])


def build():
    """Builds bin/tfgalaxy from the tree as it is."""
    call("make", "--silent", "build")


def build_galaxydump(folder):
    """Builds scripts/galaxydump into the folder and returns its path."""
    program = pathlib.Path(folder) / "galaxydump"
    script = 'eval "$(make --silent --no-print-directory env)" && go build -buildvcs=false -o "$1" ./scripts/galaxydump'
    call("bash", "-ec", script, "bash", program)
    return program


def call(*command):
    """Runs a command that speaks for itself."""
    code = subprocess.run(command, cwd=ROOT).returncode
    if code:
        sys.exit(code)


def run(program, *arguments):
    """Runs a program of this checkout and returns its standard output.

    What it says on standard error is for the reader only if it fails. No
    setting of the user's (TFGALAXY_*) reaches it.
    """
    done = subprocess.run([program, *map(str, arguments)], cwd=ROOT, env=plain(), text=True, capture_output=True)
    if done.returncode:
        sys.stderr.write(done.stderr)
        command = " ".join(map(str, [pathlib.Path(program).name, *arguments]))
        sys.exit(f"{pathlib.Path(sys.argv[0]).stem}: exit code {done.returncode} of: {command}")
    return done.stdout


def plain():
    """The environment's variables without those that would change a run."""
    return {k: v for k, v in os.environ.items() if not k.startswith("TFGALAXY_")}
