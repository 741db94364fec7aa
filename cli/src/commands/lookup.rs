//! Finding what a person names: the state, a run by id, prefix, `@latest` or `@failed`.

use forgeline_model::RunId;
use forgeline_runner::{Runner, Watch};
use forgeline_store::{RunView, Store};

use super::Session;
use crate::{
    app, definitions,
    exit::{Exit, Failure},
};

impl Session {
    /// The parts, for a command that looks at the state and validates nothing with the factory's own contracts.
    pub async fn look(&self) -> anyhow::Result<Runner> {
        app::open(self, definitions::InForce::built_in().registry, Watch::nobody()).await
    }
}

/// The run that a person means.
pub async fn find_run(store: &Store, name: &str) -> anyhow::Result<RunId> {
    let candidates = if name.is_empty() { Vec::new() } else { store.find_runs(name).await? };
    Ok(choose(name, candidates)?)
}

/// The run that a person means, as it is now.
pub async fn view_run(store: &Store, name: &str) -> anyhow::Result<RunView> {
    let id = find_run(store, name).await?;
    Ok(store.run(&id).await?)
}

/// Exactly one of the candidates, or a sentence that helps.
fn choose(name: &str, candidates: Vec<RunId>) -> Result<RunId, Failure> {
    match candidates.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(Failure::new(
            Exit::NotFound,
            match name {
                "@latest" => "there is no run yet; `forgeline run <blueprint>` starts one".to_owned(),
                "@failed" => "no run has failed; `forgeline runs list` shows all".to_owned(),
                _ => format!("there is no run `{name}`; `forgeline runs list` shows all"),
            },
        )),
        several => {
            let shown: Vec<String> = several.iter().take(5).map(|id| format!("`{id}`")).collect();
            let more = if several.len() > shown.len() { ", …" } else { "" };
            Err(Failure::new(
                Exit::Usage,
                format!(
                    "`{name}` may be {} runs: {}{more}; give more characters of one",
                    several.len(),
                    shown.join(", ")
                ),
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use forgeline_model::RunId;

    use super::choose;

    #[test]
    fn a_prefix_must_name_one_run() {
        let ids: Vec<RunId> = ["a", "b", "c", "d", "e", "f"].iter().map(|key| RunId::of_trigger(key)).collect();
        assert_eq!(choose("x", ids[..1].to_vec()).expect("one"), ids[0]);
        let none = choose("run_77", Vec::new()).expect_err("none");
        assert_eq!(none.to_string(), "there is no run `run_77`; `forgeline runs list` shows all");
        let several = choose("run_", ids).expect_err("six").to_string();
        assert!(
            several.starts_with("`run_` may be 6 runs: `run_") && several.ends_with("…; give more characters of one")
        );
    }
}
