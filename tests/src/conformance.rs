//! One suite for all forges: the same stories, played by people on each of them, with the same transcript.
//!
//! | file | content |
//! |---|---|
//! | `table` | what a scenario is |
//! | `scenarios` | the stories |
//! | `scene` | what they are written with |
//! | `stage` | what people can do and see, on each forge |
//! | `crew` | plays the scenarios of a group at once, asks again, compares |
//! | `watch`, `tidy`, `transcripts` | what was seen, without what differs from day to day, and what is written down |
//! | `published` | the support matrix and the transcripts in the documentation |

mod crew;
pub(crate) mod factory;
mod published;
mod scenarios;
mod scene;
mod stage;
mod table;
mod tidy;
mod transcripts;
mod watch;

use scenarios::{
    again, approvals, changes, commands, filters, items, many, pulls, roles, routes, runs, safety, story, threads,
};
use stage::{Stage, azure_devops::AzureDevOps, github::GitHub, local::Local};
use table::{Difference, Group};

/// All of it.
const GROUPS: &[Group] = &[
    Group::new("read", "Commands that are read", commands::READ),
    Group::new("ignored", "What asks for nothing", commands::IGNORED),
    Group::new("refused", "Rights that are missing", roles::REFUSED),
    Group::new("allowed", "Rights that are there", roles::ALLOWED),
    Group::new("inputs", "Inputs and plans", runs::INPUTS),
    Group::new("state", "Status, reasons, hold, cancel", runs::STATE),
    Group::new("approvals", "Approvals", approvals::SCENARIOS),
    Group::new("again", "Retry and revise", again::SCENARIOS),
    Group::new("threads", "Reviewers", threads::SCENARIOS),
    Group::new("pulls", "Forgeline's pull requests", pulls::SCENARIOS),
    Group::new("items", "Labels and work items", items::SCENARIOS),
    Group::new("routes", "Work items about another repository", routes::SCENARIOS),
    Group::new("pushes", "Pushes", changes::PUSHES),
    Group::new("proposals", "People's pull requests", changes::PROPOSALS),
    Group::new("filters", "Filters, tags and skip markers", filters::FILTERS),
    Group::new("checks", "Checks", filters::CHECKS),
    Group::new("standings", "Labels and states by policy", filters::STANDINGS),
    Group::new("reviews", "Review of contracts", changes::REVIEWS),
    Group::new("text", "Words of strangers", safety::TEXT),
    Group::new("ground", "Repositories and definitions", safety::GROUND),
    Group { at_once: 3, ..Group::new("processes", "Several processes", many::PROCESSES) },
    Group { machines: 2, ..Group::new("machines", "Several machines", many::MACHINES) },
    Group::new("story", "The whole way", story::SCENARIOS),
];

const NO_NEUTRAL: &str = "Azure DevOps knows no neutral end: a check that has nothing to say succeeds";

/// Where a forge goes another way on purpose.
const DIFFERENCES: &[Difference] = &[
    Difference {
        forge: "azure-devops",
        scenario: "a command is acknowledged under the comment",
        reason: "a comment that was seen is liked; Azure DevOps has no eyes",
    },
    Difference { forge: "azure-devops", scenario: "a review is asked for by a comment", reason: NO_NEUTRAL },
    Difference {
        forge: "azure-devops",
        scenario: "what a person wrote in the same place is not overwritten",
        reason: NO_NEUTRAL,
    },
];

/// A forge that the suite knows.
struct Forge {
    /// For people.
    title: &'static str,
    stage: fn(&Group) -> Box<dyn Stage>,
}

/// In the order of the matrix.
const FORGES: &[Forge] = &[
    Forge { title: "Local forge", stage: |_| Box::new(Local::new()) },
    Forge { title: "GitHub", stage: |group| Box::new(GitHub::new(group.machines)) },
    Forge { title: "Azure DevOps", stage: |group| Box::new(AzureDevOps::new(group.machines)) },
];

fn group(name: &str) -> &'static Group {
    GROUPS.iter().find(|group| group.name == name).expect("a group of the table")
}

/// A test for each group and forge. What does not depend on the forge is played on the local one, and on the others when time
/// does not matter.
macro_rules! on_each_forge {
    (always: $($always:ident),*; in_time: $($in_time:ident),* $(;)?) => {
        mod local {
            $(#[test] fn $always() { super::play(0, stringify!($always)); })*
            $(#[test] fn $in_time() { super::play(0, stringify!($in_time)); })*
        }
        on_each_forge!(github 1: $($always),*; $($in_time),*);
        on_each_forge!(azure_devops 2: $($always),*; $($in_time),*);
        #[test]
        fn every_group_is_played() {
            let mut all = vec![$(stringify!($always),)* $(stringify!($in_time)),*];
            all.sort_unstable();
            let mut groups: Vec<_> = GROUPS.iter().map(|group| group.name).collect();
            groups.sort_unstable();
            assert_eq!(groups, all);
        }
    };
    ($forge:ident $place:literal: $($always:ident),*; $($in_time:ident),*) => {
        mod $forge {
            $(#[test] fn $always() { super::play($place, stringify!($always)); })*
            $(#[test] #[ignore = "played by `make test-long`"] fn $in_time() { super::play($place, stringify!($in_time)); })*
        }
    };
}

on_each_forge!(
    always: read, ignored, refused, threads, pulls, items, routes, pushes, proposals, filters, checks, reviews, ground,
        machines, story;
    in_time: allowed, inputs, state, approvals, again, standings, text, processes;
);

fn play(forge: usize, name: &str) {
    let group = group(name);
    crew::play(&*(FORGES[forge].stage)(group), group);
}
