//! What a person may mean by a name.

use forgeline_model::RunId;
use forgeline_store::{EventRow, RunView, Store};

use crate::commands::lookup::find_run;

/// Events read at once.
const PAGE: u32 = 1000;
/// Shortest prefix of a commit that is looked for.
const SHORTEST: usize = 7;

/// Runs that the name means: by id, work item, commit, pull request's commit, or the event that started them.
pub(super) async fn runs(store: &Store, name: &str) -> anyhow::Result<Vec<RunId>> {
    if name.is_empty() {
        return Ok(Vec::new());
    }
    if name.starts_with('@') {
        return Ok(vec![find_run(store, name).await?]);
    }
    let is_id = name.starts_with("run_") || (name.len() >= 4 && is_hex(name));
    let mut found = if is_id { store.find_runs(name).await? } else { Vec::new() };
    for row in store.runs(u32::MAX).await? {
        let is_commit = name.len() >= SHORTEST
            && is_hex(name)
            && row.commit_oid.as_ref().is_some_and(|commit| commit.starts_with(name));
        let is_item = !row.item.is_empty() && (name == row.item || name == format!("{}#{}", row.repository, row.item));
        if (is_commit || is_item)
            && let Ok(id) = row.run_id.parse()
            && !found.contains(&id)
        {
            found.push(id);
        }
    }
    if name.len() >= SHORTEST && is_hex(name) {
        for artifact in store.artifacts(None, None).await? {
            if artifact.merged.as_ref().is_some_and(|merged| merged.starts_with(name))
                && let Ok(id) = artifact.run.parse()
                && !found.contains(&id)
            {
                found.push(id);
            }
        }
    }
    Ok(found)
}

/// The event with this id.
pub(super) async fn event(store: &Store, name: &str) -> anyhow::Result<Option<EventRow>> {
    let is_uuid = name.len() == 36 && name.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit());
    if !is_uuid {
        return Ok(None);
    }
    let wanted = name.to_ascii_lowercase();
    let mut seen = 0;
    loop {
        let rows = store.events_after(seen, PAGE).await?;
        let Some(last) = rows.last() else { return Ok(None) };
        seen = last.seq;
        if let Some(row) = rows.into_iter().find(|row| row.event.event_id.to_string() == wanted) {
            return Ok(Some(row));
        }
    }
}

/// A run's work item, as decisions name it.
pub(super) fn item(view: &RunView) -> Option<String> {
    let item = view.spec.item.as_ref()?;
    Some(format!("{}#{}", view.spec.item_home(), item.id))
}

/// The event, time, commit or pull request that started a run, as decisions name it.
pub(super) fn cause(view: &RunView) -> Option<String> {
    let (trigger, repository) = (&view.spec.trigger, &view.spec.target.repository);
    let mut words = trigger.detail.split_whitespace();
    match trigger.kind.as_str() {
        "event" | "push" => words.next_back().map(str::to_owned),
        "pull_request" => words.next().map(|number| format!("{repository}{number}")),
        "schedule" => Some(format!("{repository}/{}/{}", view.spec.plan.blueprint.name, trigger.detail)),
        _ => None,
    }
}

/// Whether a subject names `name` as a whole, so that item `7` is not found in `#17`.
pub(super) fn mentions(subject: &str, name: &str) -> bool {
    if name.is_empty() {
        return false;
    }
    let is_part = |c: char| c.is_alphanumeric();
    subject.match_indices(name).any(|(at, _)| {
        let continues_before = subject[..at].ends_with(is_part) && name.starts_with(is_part);
        let continues_after = subject[at + name.len()..].starts_with(is_part) && name.ends_with(is_part);
        !continues_before && !continues_after
    })
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

#[cfg(test)]
mod tests {
    use super::mentions;

    #[test]
    fn a_name_is_found_as_a_whole() {
        for (subject, name, expected) in [
            ("local/acme/shop#7", "7", true),
            ("local/acme/shop#17", "7", false),
            ("local/acme/shop#7", "acme/shop#7", true),
            ("local/acme/shop#71", "acme/shop#7", false),
            ("local/acme/shop#7/comment/3", "shop#7", true),
            ("event 1b4e28ba", "1b4e28ba", true),
            ("event 1b4e28ba", "", false),
            ("größe", "gr", false),
        ] {
            assert_eq!(mentions(subject, name), expected, "{subject} {name}");
        }
    }
}
