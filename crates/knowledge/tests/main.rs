//! The index through the outside: real Git repositories, the real model, the real process.
//!
//! Tests with embeddings need ONNX Runtime: `make setup` gets it.

mod incremental;
mod process;
mod searching;
mod world;
