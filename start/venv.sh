#!/bin/sh
# start/venv.sh PYTHON FOLDER            makes a virtual environment
# start/venv.sh --install FOLDER FILE…   installs locked requirements into it
# A Debian without python3-venv has no ensurepip: then the system's pip does the work.
set -eu

fail() {
    echo "$*" >&2
    exit 1
}

if [ "$1" = --install ]; then
    venv=$2
    shift 2
    set -- $(printf -- '-r %s ' "$@")
    echo "Installing Python libraries…"
    if [ -x "$venv/bin/pip" ]; then
        exec "$venv/bin/python" -m pip install --quiet --require-hashes "$@"
    fi
    exec "$(readlink -f "$venv/bin/python")" -m pip --python "$venv/bin/python" \
        install --quiet --require-hashes "$@"
fi

python=$1
venv=$2
command -v "$python" >/dev/null || fail "$python is not installed. As root: apt-get install python3"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "Hearth needs Python 3.11 or newer; $python is $("$python" -V). Try: make PYTHON=python3.11 …"
if "$python" -c 'import ensurepip' 2>/dev/null; then
    exec "$python" -m venv "$venv"
fi
"$python" -m pip --version >/dev/null 2>&1 ||
    fail "Python has neither venv nor pip. As root: apt-get install python3-venv python3-pip"
exec "$python" -m venv --without-pip "$venv"
