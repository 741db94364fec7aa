# ONNX Runtime computes embeddings for the knowledge index. Without it search works on keywords alone.

own_onnxruntime=$cache/onnxruntime/$onnxruntime_library

needs_onnxruntime() {
    [ -n "$onnxruntime_platform" ] || return 1
    ! { [ -f "$own_onnxruntime" ] && [ "$(sha256_of "$own_onnxruntime")" = "$onnxruntime_library_sha256" ]; }
}

install_onnxruntime() {
    if [ -z "$onnxruntime_platform" ]; then
        without onnxruntime "no pinned library for $(uname -s) $(uname -m): knowledge search will use keywords only"
        return
    fi
    if ! needs_onnxruntime; then
        present onnxruntime "$own_onnxruntime"
        return
    fi
    doing onnxruntime "$onnxruntime_version"
    unpack_wheel onnxruntime "$onnxruntime_version" "$onnxruntime_platform" "$onnxruntime_wheel_sha256"
    library=$unpacked/onnxruntime/capi/$onnxruntime_library
    [ "$(sha256_of "$library")" = "$onnxruntime_library_sha256" ] ||
        fail "the ONNX Runtime library inside the wheel has another digest than \`scripts/setup/pins.sh\` names: not installed"
    mkdir -p "$cache/onnxruntime"
    cp "$unpacked/onnxruntime/LICENSE" "$unpacked/onnxruntime/ThirdPartyNotices.txt" "$cache/onnxruntime/"
    mv "$library" "$own_onnxruntime"
    fetched onnxruntime "$own_onnxruntime"
}
