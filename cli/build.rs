//! A new schema of an output must become part of the binary.

fn main() {
    println!("cargo::rerun-if-changed=../schemas/output");
    println!("cargo::rerun-if-changed=build.rs");
}
