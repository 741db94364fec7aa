//! A notice as an issue: one issue for each cause, one comment on it for each further notice.

use forgeline_forge::{
    ForgeError, LocalForge, marker,
    types::{Issue, IssueState},
};
use forgeline_model::{Digest, Timestamp};
use forgeline_store::Notice;

use super::{NotSent, channel::IssueChannel, notice::NoticeBody, text};

/// Opens the cause's issue, or adds to the open one. Done twice, it leaves the same.
pub(super) async fn open(
    forge: &LocalForge,
    channel: &IssueChannel,
    notice: &Notice,
    body: &NoticeBody,
    now: Timestamp,
) -> Result<(), NotSent> {
    let key = format!("cause:{}", Digest::of_bytes(body.cause.as_bytes()).short());
    let (bot, repo) = (LocalForge::bot(), &channel.repository);
    let text = text::markdown(body);
    let open = forge.issues(repo, Some(IssueState::Open), None).await.map_err(not_sent)?;
    let is_ours = |issue: &&Issue| issue.author == bot && marker::key(&issue.body) == Some(key.as_str());
    match open.iter().find(is_ours) {
        Some(issue) if issue.body.contains(&notice.key) => {}
        Some(issue) => {
            forge.upsert_comment(repo, issue.number, &notice.key, &text, now).await.map_err(not_sent)?;
        }
        None => {
            let marked = marker::append(&text, &key);
            let title = text::issue_title(body);
            forge.open_issue(repo, &title, &marked, &channel.labels, &bot, now).await.map_err(not_sent)?;
        }
    }
    Ok(())
}

fn not_sent(error: ForgeError) -> NotSent {
    if error.is_transient() { NotSent::now(error) } else { NotSent::ever(error) }
}
