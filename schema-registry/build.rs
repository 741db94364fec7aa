//! Rebuilds the crate when a contract is added or removed; the contents are tracked by the inclusion itself.

fn main() {
    println!("cargo::rerun-if-changed=events");
    println!("cargo::rerun-if-changed=common");
    println!("cargo::rerun-if-changed=registry.yaml");
}
