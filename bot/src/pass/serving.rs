//! A repository that nobody serves: what comes from there is recorded and starts nothing.

use forgeline_forge::types::{Feed, RepoId};
use forgeline_runner::{NotServed, TargetError};
use forgeline_store::Decision;
use serde_json::json;

use super::{Bot, Ground, PassError};

/// The rule by which a repository is served.
pub(super) const RULE: &str = "factory.targets";

impl Bot {
    /// Why nothing of a delivery is looked at: nobody serves its repository.
    pub(super) async fn not_served(
        &self,
        repo: &RepoId,
        kind: Result<Feed, ()>,
        subject: &str,
        actor: &str,
    ) -> Result<Option<Decision>, PassError> {
        // The rest starts nothing anywhere.
        let may_start = matches!(
            kind,
            Ok(Feed::CommentCreated
                | Feed::IssueOpened
                | Feed::IssueReopened
                | Feed::IssueLabeled
                | Feed::PullRequestOpened
                | Feed::PullRequestReopened
                | Feed::PullRequestPushed
                | Feed::PullRequestReady
                | Feed::PullRequestLabeled
                | Feed::PullRequestUnlabeled
                | Feed::PullRequestClosed
                | Feed::PullRequestMerged
                | Feed::Push
                | Feed::Tag)
        );
        if !may_start {
            return Ok(None);
        }
        match self.ground(repo).await {
            Err(PassError::Target(TargetError::NotServed(NotServed::Nobody { reason, .. }))) => {
                let subject = match subject.parse::<u64>() {
                    Ok(number) => format!("{repo}#{number}"),
                    Err(_) if subject.is_empty() => repo.to_string(),
                    Err(_) => format!("{repo}@{subject}"),
                };
                let detail = json!({"repository": repo.to_string(), "reason": reason, "actor": actor});
                Ok(Some(Decision { subject, rule: RULE.into(), verdict: "ignore".into(), detail }))
            }
            Err(error @ PassError::Target(TargetError::NotServed(NotServed::Unread { .. }))) => Err(error),
            // Whatever else is wrong is told where something is asked for.
            _ => Ok(None),
        }
    }
}

impl Ground {
    /// The decision that a factory of the operator's list serves a run; none when the repository serves itself, or the operator
    /// lists none.
    pub(super) fn served(&self, subject: String) -> Option<Decision> {
        (self.because.kind == "listed").then(|| Decision {
            subject,
            rule: RULE.into(),
            verdict: "use".into(),
            detail: json!(self.because),
        })
    }
}
