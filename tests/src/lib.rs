//! End-to-end tests: the real executable, real Git, real databases.

#[cfg(test)]
mod alerts;
#[cfg(test)]
mod azure_devops;
#[cfg(test)]
mod boundaries;
#[cfg(test)]
mod ci;
#[cfg(test)]
mod conformance;
#[cfg(test)]
mod control;
#[cfg(test)]
mod factories;
#[cfg(test)]
mod gate;
#[cfg(test)]
mod generated_service;
#[cfg(test)]
mod github;
#[cfg(test)]
mod knowledge;
#[cfg(test)]
mod letters;
#[cfg(test)]
mod local_forge;
#[cfg(test)]
mod provenance;
#[cfg(test)]
mod publishing;
#[cfg(test)]
mod readme;
#[cfg(test)]
mod rebuild;
#[cfg(test)]
mod reconcile;
#[cfg(test)]
mod serve;
#[cfg(test)]
mod survival;
#[cfg(test)]
mod triggers;
#[cfg(test)]
mod world;
