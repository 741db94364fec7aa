//! The language from outside: files in, findings and plans out.

mod definitions;
mod filters;
mod findings;
mod hostile;
mod needs;
mod planning;
mod shipped;
mod versions;
mod world;
