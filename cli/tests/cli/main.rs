//! The program as a person meets it: arguments and files in, stdout, stderr and exit code out.

#![expect(unreachable_pub, reason = "nothing reaches into a test; `pub` says what a module offers the others")]

mod contracts;
mod definitions;
mod doctor;
mod dry_run;
mod events;
mod forge;
mod help;
mod init;
mod interrupted;
mod operator;
mod outputs;
mod refusals;
mod registry_repository;
mod repositories;
mod runs;
mod schema_review;
mod verbs;
mod work_items;
mod world;
