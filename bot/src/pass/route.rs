//! Which repository a work item is about: the one that a command names, else the one that a route names, else its own.

use forgeline_blueprints::config::ItemPlace;
use forgeline_forge::types::RepoId;
use forgeline_runner::factories::targets_of;
use forgeline_store::Decision;
use serde_json::json;

use super::{Bot, Ground, PassError, found::Found};
use crate::{Action, authorize, reply};

/// The parameter by which a command names a repository.
pub(super) const NAMED: &str = "repo";
/// Key of the one comment that lists the choices.
pub(super) const COMMENT: &str = "route";
/// Most repositories that an answer lists.
const MOST_CHOICES: usize = 20;

/// Where the work goes.
pub(super) enum Way {
    /// Where the item is.
    Here,
    /// Into another repository.
    There(Box<Ground>),
    /// Nobody said where; the repositories that could be meant.
    Unknown(Vec<String>),
    /// Not there: what is recorded, and what is answered.
    Refused(Box<(&'static str, serde_json::Value)>, String),
}

impl Bot {
    /// Where the work on an item goes that is kept where `ground` is. `named` is the repository of a command, and `actor` must be
    /// allowed to do this in the repository that is meant, as well as here.
    pub(super) async fn way(
        &self,
        ground: &Ground,
        item: Option<&Found>,
        named: Option<&str>,
        (actor, action): (&str, Action),
    ) -> Result<Way, PassError> {
        let config = &ground.in_force.factory.config;
        let route = match (named, item) {
            (Some(named), _) => Some((named.to_owned(), "command")),
            (None, Some(Found::Issue(issue))) if !config.routes.is_empty() => {
                let there = self.runner.forge.item_place(&ground.repo, issue.number).await?;
                let (kind, area) = there.map_or((None, None), |it| (it.kind, it.area));
                let kind = kind.as_deref().unwrap_or("issue");
                let place = ItemPlace { labels: &issue.labels, kind, area: area.as_deref() };
                config.route_of(place).map(|route| (route.repository.clone(), "routes"))
            }
            _ => None,
        };
        let Some((name, by)) = route else {
            return Ok(if ground.because.is_target { Way::Here } else { Way::Unknown(self.choices(ground).await?) });
        };
        if name.eq_ignore_ascii_case(&ground.repo.to_string()) && ground.because.is_target {
            return Ok(Way::Here);
        }
        self.there(ground, &name, by, (actor, action)).await
    }

    /// The repository of this name, if the person may act there. Who may not learns nothing of it: not even that it exists.
    async fn there(
        &self,
        ground: &Ground,
        name: &str,
        by: &str,
        (actor, action): (&str, Action),
    ) -> Result<Way, PassError> {
        let refused = |reason: String, text: String| {
            let detail = json!({"repository": name, "by": by, "actor": actor, "reason": reason});
            Way::Refused(Box::new(("route.repository", detail)), text)
        };
        // Whoever asks may read the decision too: it does not tell what is there from what is not.
        let unknown = |reason: String, choices: &[String]| {
            tracing::debug!(repository = name, by, actor, reason, "not a target");
            refused("Forgeline serves no such repository for whom asks".into(), reply::no_such_target(name, choices))
        };
        let known = self.runner.forge.repositories().await?;
        let Some(repo) = known.into_iter().find(|it| it.to_string().eq_ignore_ascii_case(name)) else {
            return Ok(unknown("no forge here has it".into(), &self.choices(ground).await?));
        };
        let there = match self.ground(&repo).await {
            Ok(there) => there,
            Err(error @ PassError::Target(_)) if !error.is_transient() => {
                return Ok(unknown(error.to_string(), &self.choices(ground).await?));
            }
            Err(error) => return Err(error),
        };
        if !there.because.is_target {
            return Ok(unknown("it keeps work items only".into(), &self.choices(ground).await?));
        }
        let who = self.principal(&repo, actor).await?;
        if let Err(refusal) = authorize(&who, action, &there.resource()) {
            if !there.is_public && who.role.is_none() {
                return Ok(unknown(refusal.to_string(), &self.choices(ground).await?));
            }
            return Ok(refused(refusal.to_string(), reply::refused_there(&repo.to_string(), &refusal)));
        }
        Ok(Way::There(Box::new(there)))
    }

    /// What may be named: repositories of routes and targets. To a public place only public ones are told.
    pub(super) async fn choices(&self, ground: &Ground) -> Result<Vec<String>, PassError> {
        let config = &ground.in_force.factory.config;
        let mut all = Vec::new();
        for repo in self.runner.forge.repositories().await? {
            if ground.is_public && self.runner.forge.is_private(&repo).await? {
                continue;
            }
            let forge = self.runner.forge.kept_by(&repo).await?;
            let forge = forge.unwrap_or_else(|| forgeline_runner::factories::HERE.to_owned());
            all.push((forge, repo.to_string()));
        }
        let mut choices: Vec<String> = targets_of(config, &all).into_iter().map(str::to_owned).collect();
        let is_there = |name: &String| all.iter().any(|(_, it)| it == name);
        choices.extend(config.routes.iter().map(|route| route.repository.clone()).filter(is_there));
        choices.sort();
        choices.dedup();
        choices.retain(|it| *it != ground.repo.to_string() || ground.because.is_target);
        choices.truncate(MOST_CHOICES);
        Ok(choices)
    }

    /// Whether somebody may do to a run what they may do where its item is: it writes elsewhere. None: they may.
    pub(super) async fn refused_there(
        &self,
        here: &RepoId,
        target: &str,
        (actor, action): (&str, Action),
    ) -> Result<Option<(Decision, String)>, PassError> {
        if *target == here.to_string() {
            return Ok(None);
        }
        let Ok(repo) = target.parse::<RepoId>() else { return Ok(None) };
        let there = self.ground(&repo).await?;
        let who = self.principal(&repo, actor).await?;
        let Err(refusal) = authorize(&who, action, &there.resource()) else { return Ok(None) };
        let detail = json!({"repository": target, "actor": actor, "reason": refusal.to_string()});
        let decision = Decision { subject: String::new(), rule: "authorize".into(), verdict: "refuse".into(), detail };
        Ok(Some((decision, reply::refused_there(target, &refusal))))
    }
}
