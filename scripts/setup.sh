#!/bin/sh
# Gets what Forgeline's build needs and this machine lacks; with `--tests` also what its tests need. Says what it does
# and changes nothing that is there, so it may run any number of times. `make setup` calls it; where even `make` is
# missing, call it directly. `--onnxruntime` gets that one alone.
# shellcheck disable=SC2034 # the parts sourced below read the variables set here
set -eu

with_tests=0
only=
case "${1:-}" in
"") ;;
--tests) with_tests=1 ;;
--onnxruntime) only=onnxruntime ;;
*)
    printf 'usage: %s [--tests|--onnxruntime]\n' "$0" >&2
    exit 2
    ;;
esac

checkout=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
cd "$checkout"
cache=$(scripts/cache-dir)
mkdir -p "$cache"
# Beside what it becomes, so that moving it into place is one rename.
scratch=$(mktemp -d "$cache/setup.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM

for part in pins report rust wheel protoc onnxruntime schemathesis system; do
    # shellcheck source=/dev/null
    . "scripts/setup/$part.sh"
done

if [ "$only" = onnxruntime ]; then
    install_onnxruntime
    exit
fi

needs_pip() { needs_protoc || needs_onnxruntime || needs_schemathesis; }

check_rust
install_system
install_protoc
install_onnxruntime
install_schemathesis
