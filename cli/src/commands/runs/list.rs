//! `forgeline runs list`.

use clap::Args;
use forgeline_model::Timestamp;
use forgeline_store::RunRow;
use serde_json::{Value, json};

use crate::{
    commands::{
        Session,
        wording::{moment, short},
    },
    exit::Exit,
};

/// List runs, newest first.
#[derive(Debug, Args)]
pub struct List {
    /// Most rows.
    #[arg(long, short = 'n', default_value_t = 20)]
    limit: u32,
    /// Only runs in this state: `working`, `publishing`, `published`, `no-change`, `refused`, `failed`, `cancelled`.
    #[arg(long, value_name = "STATE")]
    state: Option<String>,
}

impl List {
    pub async fn perform(self, session: &Session) -> anyhow::Result<Exit> {
        let store = session.look().await?.store.clone();
        let rows = match &self.state {
            None => store.runs(self.limit).await?,
            Some(state) => store.runs_in(state, self.limit).await?,
        };
        let values: Vec<Value> = rows.iter().map(value).collect();
        session.out.print("runs", &values, || text(session, &rows));
        Ok(Exit::Success)
    }
}

fn text(session: &Session, rows: &[RunRow]) -> String {
    if rows.is_empty() {
        return "no run; `forgeline run <blueprint>` starts one, `forgeline demo` shows one\n".to_owned();
    }
    let line = |row: &RunRow| {
        let result = match (row.pull_request, &row.commit_oid) {
            (Some(number), _) => format!("#{number}"),
            (None, Some(commit)) => short(commit).to_owned(),
            (None, None) => "—".to_owned(),
        };
        vec![
            row.run_id.clone(),
            if row.waits.is_some() { "waits".to_owned() } else { row.state.clone() },
            row.blueprint.clone(),
            row.repository.clone(),
            if row.item.is_empty() { "—".to_owned() } else { row.item.clone() },
            result,
            moment(Timestamp::from_millis(row.created_at)),
        ]
    };
    let waits = rows.iter().filter_map(|row| Some(format!("\n{} {}", row.run_id, row.waits.as_ref()?)));
    let waits: String = waits.collect();
    let waits = if waits.is_empty() { waits } else { waits + "\n" };
    session.out.table(
        &["RUN", "STATE", "BLUEPRINT", "REPOSITORY", "ITEM", "RESULT", "STARTED"],
        &rows.iter().map(line).collect::<Vec<_>>(),
    ) + &waits
}

fn value(row: &RunRow) -> Value {
    json!({
        "id": row.run_id, "state": row.state, "finished": row.finished, "blueprint": row.blueprint,
        "repository": row.repository, "item": row.item, "branch": row.branch, "commit": row.commit_oid,
        "pull_request": row.pull_request, "waits": row.waits,
        "created_at": Timestamp::from_millis(row.created_at).to_string(),
        "updated_at": Timestamp::from_millis(row.updated_at).to_string(),
    })
}
