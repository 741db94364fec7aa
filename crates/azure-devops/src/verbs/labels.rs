//! Labels: tags of work items and labels of pull requests.

use azure_devops_rust_api::git::models::WebApiCreateTagRequestData;
use forgeline_forge::{remote::Trouble, types::RepoId};
use serde::de::IgnoredAny;

use super::{items::known, pulls, work_items};
use crate::{
    api::{Api, Result, sent},
    http::Manner,
    ids::Item,
    limits::Priority,
};

pub(crate) async fn add(api: &Api, repo: &RepoId, number: u64, labels: &[String]) -> Result<()> {
    let doing = format!("label {repo}#{number}");
    let talk = api.talk(&doing);
    let place = api.places.of(talk, repo).await?;
    let id = match known(talk, &place, number)? {
        Item::Pull(id) => {
            for label in labels {
                let client = talk.git(Manner::Write(Priority::Report))?.pull_request_labels_client();
                let body = WebApiCreateTagRequestData::new(label.clone());
                let request = client.create(talk.organization(), body, &place.repository, id, &place.project);
                let _made: IgnoredAny = talk.written(sent!(request))?;
            }
            return Ok(());
        }
        Item::WorkItem(id) => id,
    };
    if let Some(label) = labels.iter().find(|label| label.contains([';', ','])) {
        return Err(talk.error(Trouble::Refused(format!("`{label}` cannot be a tag: `;` and `,` part tags"))));
    }
    let change = work_items::change(talk, &place, id, Priority::Report, |it| {
        let mut tags = work_items::tags(it.text(work_items::TAGS));
        let before = tags.len();
        for label in labels {
            if !tags.iter().any(|tag| is_same(tag, label)) {
                tags.push(label.clone());
            }
        }
        (tags.len() > before).then(|| work_items::set(work_items::TAGS, tags.join("; ")))
    });
    change.await.map(drop)
}

pub(crate) async fn remove(api: &Api, repo: &RepoId, number: u64, label: &str) -> Result<()> {
    let doing = format!("take a label off {repo}#{number}");
    let talk = api.talk(&doing);
    let place = api.places.of(talk, repo).await?;
    let id = match known(talk, &place, number)? {
        Item::Pull(id) => {
            // By its id: its name could be no segment of a path.
            let all = pulls::labels(talk, &place, id).await?;
            let Some(found) = all.into_iter().find(|it| is_same(&it.name, label)).and_then(|it| it.id) else {
                return Ok(());
            };
            let client = talk.git(Manner::Write(Priority::Report))?.pull_request_labels_client();
            let request = client.delete(talk.organization(), &place.repository, id, found, &place.project);
            return match talk.answer(sent!(request)) {
                Err(error) if !matches!(error.trouble, Trouble::Missing(_)) => Err(error),
                _ => Ok(()),
            };
        }
        Item::WorkItem(id) => id,
    };
    let change = work_items::change(talk, &place, id, Priority::Report, |it| {
        let tags = work_items::tags(it.text(work_items::TAGS));
        let rest: Vec<&String> = tags.iter().filter(|tag| !is_same(tag, label)).collect();
        let text: Vec<&str> = rest.iter().map(|tag| tag.as_str()).collect();
        (rest.len() < tags.len()).then(|| work_items::set(work_items::TAGS, text.join("; ")))
    });
    change.await.map(drop)
}

fn is_same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}
