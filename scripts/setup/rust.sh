# Rust comes first and is the one thing that set-up never installs: how a person gets it is theirs to say.

check_rust() {
    has cargo || fail "\`cargo\` is missing: install rustup as www.rust-lang.org/tools/install describes, then repeat"
    found=$(rustc --version 2>/dev/null | cut -d ' ' -f 2) || found=
    [ -n "$found" ] || fail "the toolchain that \`rust-toolchain.toml\` names is missing: run \`rustup toolchain install\` here"
    minor=${found#1.}
    [ "${minor%%.*}" -ge "$rust_minor" ] || fail "Rust $found is too old: 1.$rust_minor or newer is needed"
    present rust "$found"
}

rust_minor=$(sed -n 's/^rust-version = "1\.\([0-9]*\)"/\1/p' "$checkout/Cargo.toml")
