//! A button of a check: as if whoever pressed it had said `retry` or `cancel`.

use forgeline_engine::{BotEffect, Outcome};
use forgeline_forge::{ForgeError, types::RepoId};
use forgeline_runner::again::Wish;
use forgeline_store::{Delivery, InboxRow, Ruled, RunView};
use serde_json::{Value, json};

use super::{Answer, Said};
use crate::{
    Action, Command, CommandLine, Role, authorize,
    pass::{Bot, PassError, Passed, ruling},
    press::{Press, Wants},
    reply,
};

/// Where such a delivery comes from, in the inbox.
pub(in crate::pass) const SOURCE: &str = "check";

impl Bot {
    /// Takes in that somebody pressed a button (T0); the next pass decides. The same delivery counts once.
    ///
    /// # Errors
    /// The state cannot be written.
    pub async fn receive_press(&self, press: &Press) -> Result<(), PassError> {
        let delivery = Delivery {
            key: format!("check/{}", press.delivery),
            source: SOURCE.into(),
            kind: "check_pressed".into(),
            body: json!(press).to_string().into_bytes(),
        };
        self.runner.store.receive(&[delivery], self.runner.clock.now()).await?;
        Ok(())
    }

    /// Decides what follows from a pressed button.
    pub(in crate::pass) async fn pressed(
        &self,
        row: &InboxRow,
        body: Value,
        passed: &mut Passed,
    ) -> Result<(), PassError> {
        let press: Press = match serde_json::from_value(body) {
            Ok(press) => press,
            Err(error) => return self.bury(row, "unreadable", &error.to_string()).await,
        };
        let Ok(repo) = press.repo.parse::<RepoId>() else {
            return self.bury(row, "unreadable", "its repository has no name that the forge knows").await;
        };
        let mut said = Said {
            repo: &repo,
            number: 0,
            actor: &press.login,
            comment_id: format!("check-{}", press.delivery),
            thread: None,
            on: None,
            is_held: false,
            is_old: false,
            statuses: Vec::new(),
        };
        let view = match self.run_of(&repo, &press).await? {
            Ok(view) => view,
            Err((rule, reason)) => {
                let detail = json!({"check": press.check, "actor": press.login, "reason": reason});
                let decision = said.decision(rule, "refuse", detail);
                return self.rule(ruling::noted(row, decision), |_| Vec::new(), passed).await;
            }
        };
        let Some(number) = number_of(&view) else {
            let detail = json!({"check": press.check, "run": view.spec.id, "reason": "its run has no item"});
            let decision = said.decision("check.item", "refuse", detail);
            return self.rule(ruling::noted(row, decision), |_| Vec::new(), passed).await;
        };
        said.number = number;
        said.on = self.find_item(&repo, number).await?;
        said.is_held = said.on.as_ref().is_some_and(|found| found.facts().is_held);
        let ground = self.ground(&repo).await?;
        let who = self.principal(&repo, &press.login).await?;
        let command = match press.wants {
            Wants::Rerun => Command::Retry { stage: None, fresh: ended_well(&view) },
            Wants::Cancel => Command::Cancel { run: Some(view.spec.id.clone()) },
        };
        let mut ruling = ruling::on(row);
        let on = self.on_item(&said, &who, ground.resource()).await?;
        let refusal = authorize(&who, Action::Command(command.verb()), &on).err();
        let answer = match (refusal, &command) {
            (Some(refusal), _) => {
                let detail = json!({
                    "command": command.to_string(), "check": press.check, "actor": press.login,
                    "role": who.role.map(Role::word), "reason": refusal.to_string(),
                });
                ruling.decisions.push(said.decision("authorize", "refuse", detail));
                Answer::Text(reply::refused(&refusal))
            }
            (None, Command::Cancel { .. }) => {
                let detail = json!({"command": command.to_string(), "check": press.check, "actor": press.login});
                ruling.decisions.push(said.decision("check.pressed", "accept", detail));
                self.cancel_this(&said, &view.spec.id, &mut ruling)
            }
            (None, _) if ground.is_broken() => {
                ruling.decisions.push(said.decision("definitions.valid", "refuse", ground.brokenness()));
                let in_force = &ground.in_force;
                Answer::Text(reply::invalid_definitions(&in_force.source.origin, &in_force.findings))
            }
            (None, _) if view.state.outcome().is_none() => Answer::Text(reply::goes_on(&view.spec.id)),
            (None, _) => {
                let line = CommandLine { line: 1, text: format!("/forgeline {command}"), parsed: Ok(command.clone()) };
                let wish = Wish { fresh: ended_well(&view), ..Wish::default() };
                Answer::Text(self.once_more(&said, &ground, &line, &command, &view, wish, &mut ruling).await?)
            }
        };
        let key = format!("reply:check:{}", press.check);
        let say = |ruled: &Ruled| {
            let text = reply::pressed(&press.login, &answer.text(ruled));
            vec![BotEffect::Say { repository: repo.to_string(), number, thread: None, key, text }]
        };
        self.rule(ruling, say, passed).await
    }

    /// The run that a check speaks of, or the rule that says no, and why.
    async fn run_of(
        &self,
        repo: &RepoId,
        press: &Press,
    ) -> Result<Result<RunView, (&'static str, &'static str)>, PassError> {
        let forge = &self.runner.forge;
        let own = match forge.own_check(repo, press.check).await {
            Ok(own) => own,
            Err(ForgeError::NoRepository { .. }) => return Ok(Err(("check.ours", "the repository is not watched"))),
            Err(error) => return Err(error.into()),
        };
        let Some(own) = own.filter(|own| own.commit.to_string() == press.commit) else {
            return Ok(Err(("check.ours", "Forgeline has no such check on that commit")));
        };
        if !forge.is_account(repo, &press.login, press.account).await? {
            return Ok(Err(("check.account", "the login belongs to another account now")));
        }
        let rows = self.runner.store.runs_at_commit(&repo.to_string(), &press.commit).await?;
        let is_it = |blueprint: &str| blueprint.split_once('@').is_some_and(|(name, _)| name == own.external_id);
        let found = rows.iter().find(|row| row.run_id == own.external_id || is_it(&row.blueprint));
        match found.and_then(|row| row.run_id.parse().ok()) {
            Some(run) => Ok(Ok(self.runner.store.run(&run).await?)),
            None => Ok(Err(("check.run", "no run of that check is known"))),
        }
    }
}

fn ended_well(view: &RunView) -> bool {
    matches!(view.state.outcome(), Some(Outcome::Published(_) | Outcome::NoChange { .. }))
}

/// The pull request or item on which people hear of a run.
fn number_of(view: &RunView) -> Option<u64> {
    let looked_at = view.spec.pull_request.as_ref().map(|at| at.number);
    let written = match view.state.outcome() {
        Some(Outcome::Published(publication)) => publication.pull_request.as_ref().map(|it| it.number),
        _ => None,
    };
    let item = || view.spec.item.as_ref()?.id.as_str().parse().ok();
    looked_at.or(written).or_else(item)
}
