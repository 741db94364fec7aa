# Schemathesis probes generated services over HTTP. Only the tests use it; it lives in a virtual environment of its own.

test_venv=$cache/venv
test_requirements=$checkout/scripts/setup/test-requirements.txt

needs_schemathesis() {
    [ "$with_tests" = 1 ] || return 1
    ! { [ -x "$test_venv/bin/schemathesis" ] && cmp -s "$test_requirements" "$test_venv/requirements.txt"; }
}

install_schemathesis() {
    [ "$with_tests" = 1 ] || return 0
    if ! needs_schemathesis; then
        present schemathesis "$test_venv/bin/schemathesis"
        return
    fi
    doing schemathesis "$(sed -n 's/^schemathesis==//p' "$test_requirements") and what it needs"
    rm -rf "$test_venv"
    # Without pip inside: Debian's Python can then make the environment without its python3-venv package.
    python3 -m venv --without-pip "$test_venv"
    run_pip --python "$test_venv/bin/python" install --quiet --no-deps --only-binary=:all: --requirement "$test_requirements" ||
        fail "Schemathesis could not be installed from the Python package index: see pip's message above, then repeat"
    "$test_venv/bin/schemathesis" --version >/dev/null
    # Last, so that an interrupted set-up is done again.
    cp "$test_requirements" "$test_venv/requirements.txt"
    fetched schemathesis "$test_venv/bin/schemathesis"
}
