//! Random pairs of schemas: what the checker proves no value refutes, and what it refutes two validators confirm.

mod corpus;
mod fuzz;
mod generate;
mod instances;
mod large;
mod laws;
mod mutate;
mod sides;
mod witnesses;
