//! What the world looks like to people: two stories that ended the same way have equal pictures.

use std::path::Path;

use sqlx::{ConnectOptions as _, Connection as _, Row as _, sqlite::SqliteConnectOptions};

use crate::world::World;

/// Lines of text, in order. What may differ from one telling to the next (times, commits, the runs' own measurements) is
/// not in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Picture(Vec<String>);

/// One column of text each.
const TOLD: [&str; 8] = [
    "SELECT kind || ' ' || number || ' ' || state || ' ' || title || ' ' || head || ' by ' || author FROM forge_item",
    "SELECT 'label ' || number || ' ' || label FROM forge_item_label",
    "SELECT 'comment on ' || number || ' by ' || author || ': ' || body FROM forge_comment",
    "SELECT 'run ' || run_id || ' of ' || blueprint || ' ' || state || ' #' || coalesce(pull_request, 0) || ' ' || finished FROM run",
    "SELECT 'task ' || run_id || ' ' || stage || ' ' || item || ' ' || state || ' ' || coalesce(out_digest, '') FROM stage",
    "SELECT 'event ' || type || ' of ' || coalesce(run_id, 'nothing') FROM event",
    "SELECT 'artifact ' || path || ' ' || type || ' ' || run_id || ' merged: ' || (merged_oid IS NOT NULL) FROM artifact",
    "SELECT 'letter ' || subject || ' ' || error_kind || ' ' || state || ' ' || attempts FROM dlq",
];

/// What must not be there once all is quiet.
const OPEN: [&str; 5] = [
    "SELECT 'delivery ' || delivery_key || ' ' || state FROM inbox WHERE state <> 'done'",
    "SELECT 'effect ' || key || ' ' || state || ' ' || coalesce(last_error, '') FROM outbox WHERE state <> 'confirmed'",
    "SELECT 'notice ' || key || ' ' || state FROM notice WHERE state <> 'confirmed'",
    "SELECT 'subscription ' || name FROM subscription WHERE next_at > 0",
    "SELECT 'intent of ' || run_id || ' ' || ref FROM intent WHERE state = 'intended'",
];

/// A task that went on after it was done, or was done twice.
const DONE_TWICE: &str = "SELECT 'task ' || later.run_id || ' ' || later.fact FROM journal AS later JOIN journal AS done \
     ON later.run_id = done.run_id AND later.seq > done.seq AND later.fact ->> 'task' = done.fact ->> 'task' \
     WHERE done.fact ->> 'fact' = 'task_done' AND later.fact ->> 'fact' IN ('task_done', 'task_started', 'task_failed')";

impl Picture {
    /// What waits for its next try.
    pub(crate) fn open(world: &World) -> Vec<String> {
        OPEN.iter().flat_map(|sql| rows(&world.state(), sql)).collect()
    }

    /// Looks at a world in which all is quiet.
    ///
    /// # Panics
    /// Something is open, done twice or damaged.
    pub(super) fn of(world: &World) -> Self {
        assert_eq!(Self::open(world), Vec::<String>::new(), "open");
        assert_eq!(rows(&world.state(), DONE_TWICE), Vec::<String>::new(), "done twice");
        assert_eq!(rows(&world.state(), "PRAGMA integrity_check"), ["ok"]);
        let mut lines: Vec<String> = TOLD.iter().flat_map(|sql| rows(&world.state(), sql)).collect();
        lines.extend(files(world));
        for line in &mut lines {
            *line = without_measurements(line);
        }
        lines.sort();
        Self(lines)
    }

    /// What one has and the other has not.
    pub(super) fn differences(&self, other: &Self) -> Vec<String> {
        let only = |sign: char, one: &Self, other: &Self| -> Vec<String> {
            one.0.iter().filter(|line| !other.0.contains(line)).map(|line| format!("{sign} {line}")).collect()
        };
        let mut all = only('-', self, other);
        all.extend(only('+', other, self));
        if all.is_empty() && self != other {
            all.push(format!("{} lines became {}: some are doubled", self.0.len(), other.0.len()));
        }
        all
    }
}

/// Rows of one text column.
pub(crate) fn rows(state: &Path, sql: &'static str) -> Vec<String> {
    let read = async {
        let path = state.join("forgeline.db");
        let mut database = SqliteConnectOptions::new().filename(path).connect().await.expect("opens");
        let rows = sqlx::query(sql).fetch_all(&mut database).await.unwrap_or_else(|error| panic!("{error}: {sql}"));
        database.close().await.expect("closes");
        rows.iter().map(|row| row.get(0)).collect()
    };
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(read)
}

/// Each branch's files, and how often each run's key stands in the history. The statement of provenance tells of this very
/// telling; it is named only.
fn files(world: &World) -> Vec<String> {
    let shop = world.shop();
    world.git(&shop, &["fsck", "--strict", "--no-dangling"]);
    let mut lines = Vec::new();
    for branch in world.git(&shop, &["for-each-ref", "--format=%(refname)", "refs/heads"]).lines() {
        for file in world.git(&shop, &["ls-tree", "-r", "--format=%(path) %(objectname)", branch]).lines() {
            let told = if file.starts_with(".forgeline/provenance/") {
                file.split(' ').next().unwrap_or_default()
            } else {
                file
            };
            lines.push(format!("file of {branch}: {told}"));
        }
    }
    lines.extend(world.run_commits().into_iter().map(|key| format!("commit with key {key}")));
    lines
}

/// Times and commit ids follow the clock; nothing else may.
fn without_measurements(line: &str) -> String {
    let mut told = String::with_capacity(line.len());
    for word in line.split_inclusive(|c: char| c.is_whitespace() || "`()/:,".contains(c)) {
        let bare = word.trim_end_matches(|c: char| c.is_whitespace() || "`()/:,".contains(c));
        let is_commit = (7..=64).contains(&bare.len()) && bare.bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_duration = ["ms", "s"].iter().any(|unit| {
            bare.strip_suffix(unit).is_some_and(|number| !number.is_empty() && number.parse::<f64>().is_ok())
        });
        told.push_str(if is_commit || is_duration { "…" } else { bare });
        told.push_str(&word[bare.len()..]);
    }
    told
}
