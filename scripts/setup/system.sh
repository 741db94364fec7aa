# System packages: a C toolchain and git always, Python's pip only when something must be fetched with it.

# Collects into `lacking` the Debian packages whose commands are not there.
find_lacking() {
    lacking=
    has cc || lacking="$lacking gcc libc6-dev"
    has c++ || lacking="$lacking g++"
    has make || lacking="$lacking make"
    has git || lacking="$lacking git"
    # Makes the certificate of the tests' mail server.
    [ "$with_tests" = 0 ] || has openssl || lacking="$lacking openssl"
    # Checks and tries out the alert rules.
    [ "$with_tests" = 0 ] || has promtool || lacking="$lacking prometheus"
    # Git checks signatures with it.
    has ssh-keygen || lacking="$lacking openssh-client"
    if needs_pip; then
        has python3 || lacking="$lacking python3"
        can_get_pip || lacking="$lacking python3-pip python3-venv"
    fi
    lacking=${lacking# }
}

install_system() {
    find_lacking
    if [ -z "$lacking" ]; then
        present system "cc, c++, make, git, ssh-keygen"
        return
    fi
    has apt-get || fail "these are missing; install them with your system's package manager, then repeat: $lacking"
    as_root=
    if [ "$(id -u)" -ne 0 ]; then
        [ "${FORGELINE_SETUP_SUDO:-0}" = 1 ] || fail \
            "system packages are missing, and installing them needs root. Run this, then repeat:" \
            "    sudo apt-get install -y --no-install-recommends $lacking" \
            "or let set-up call sudo itself: FORGELINE_SETUP_SUDO=1 make setup"
        as_root=sudo
    fi
    doing system "$lacking (apt-get)"
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
    # Unquoted on purpose: one word per package.
    # shellcheck disable=SC2086
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $lacking >/dev/null
    fetched system "$lacking"
}
