# How set-up talks: one line per thing, what it is first, then what was done about it.

present() { printf 'setup: %-12s present   %s\n' "$1" "$2"; }
doing() { printf 'setup: %-12s fetching  %s\n' "$1" "$2"; }
fetched() { printf 'setup: %-12s fetched   %s\n' "$1" "$2"; }
without() { printf 'setup: %-12s absent    %s\n' "$1" "$2"; }
fail() {
    printf 'setup: %s\n' "$@" >&2
    exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

sha256_of() {
    if has sha256sum; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}
