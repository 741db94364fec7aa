//! Approvals hold when the run's commit enters its branch, not only when they are given.

use forgeline_engine::{
    Approval,
    plan::Work,
    run::{Question, TaskStatus},
    spec::Forge,
};
use forgeline_forge::{
    ForgeError,
    types::{Login, RepoId, Role},
};
use forgeline_store::RunView;

use crate::{Runner, RunnerError, report};

impl Runner {
    /// Why an approval of this run holds no longer, for people: whoever gave it may not give it any more. On a plain repository
    /// nobody has roles, so that it holds.
    ///
    /// # Errors
    /// The forge does not say what somebody may do; nothing may be written then.
    pub(super) async fn lapsed_approval(&self, view: &RunView) -> Result<Option<String>, RunnerError> {
        if view.spec.target.forge == Forge::Git {
            return Ok(None);
        }
        let repo = self.forge_repository(&view.spec.target)?;
        let is_approved = view.spec.plan.stages.iter().any(|stage| approved(view, stage.id.as_str()).next().is_some());
        if is_approved && let Some(now) = self.moved_base(view).await? {
            return Ok(Some(report::approval_of_old_base(&view.spec, &now)));
        }
        for stage in &view.spec.plan.stages {
            let Work::Approval { approval: rule } = &stage.work else { continue };
            let needed = least(&rule.roles).unwrap_or(Role::Maintainer);
            // The factory may narrow it; where it names only roles that there are not, nobody may.
            let narrowed = view.spec.policy.approvers.as_deref().map(least);
            let may = |role| role >= needed && narrowed.is_none_or(|least| least.is_some_and(|least| role >= least));
            let needed = narrowed.flatten().map_or(needed, |least| least.max(needed));
            for question in approved(view, stage.id.as_str()) {
                let mut without = Vec::new();
                for given in &question.given {
                    let role = self.role_now(&repo, given).await?;
                    if !role.is_some_and(may) {
                        without.push(format!("{} (now {})", given.name, role.map_or("no role", |role| role.as_str())));
                    }
                }
                if question.given.len() - without.len() < question.min as usize {
                    return Ok(Some(format!(
                        "the approval of stage `{}` no longer holds: it takes the role {needed}; no longer given: {}; \
                         ask again with `/forgeline retry`",
                        stage.id,
                        without.join(", ")
                    )));
                }
            }
        }
        Ok(None)
    }

    /// The commit of the base branch now, if it is another one than people saw when they agreed.
    ///
    /// # Errors
    /// The repository cannot be read.
    pub async fn moved_base(&self, view: &RunView) -> Result<Option<String>, RunnerError> {
        let target = &view.spec.target;
        if target.forge == Forge::Git {
            return Ok(None);
        }
        let repo = self.forge_repository(target)?;
        let name = format!("refs/heads/{}", target.base_branch);
        let now = self.forge.with_git(&repo, move |git| git.resolve(&name)).await?;
        Ok(now.map(|now| now.to_string()).filter(|now| *now != target.base))
    }

    async fn role_now(&self, repo: &RepoId, given: &Approval) -> Result<Option<Role>, RunnerError> {
        let Ok(login) = given.id.parse::<Login>() else { return Ok(None) };
        match self.forge.role_of(repo, &login).await {
            Ok(role) => Ok(role),
            Err(ForgeError::NoUser { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

fn approved<'a>(view: &'a RunView, stage: &'a str) -> impl Iterator<Item = &'a Question> {
    view.state.tasks().filter(move |task| task.id.stage.as_str() == stage).filter_map(|task| match &task.status {
        TaskStatus::Approved(question) => Some(question),
        _ => None,
    })
}

/// The least of these roles.
fn least(roles: &[String]) -> Option<Role> {
    roles.iter().filter_map(|role| role.parse().ok()).filter(|role| *role >= Role::Reader).min()
}
