//! Service hooks: subscriptions by which Azure DevOps tells Forgeline to look.
//!
//! A subscription is Forgeline's own when it sends to the same address. The secret in it is shown to nobody, so whether it is
//! the right one cannot be told: it is written when a subscription is made, and when that is asked for.

use forgeline_forge::remote::Trouble;
use http::Method;
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Value, json};

use crate::{
    SecretSource,
    api::{Api, Result, Talk},
    http::Manner,
    limits::Priority,
    places,
    shapes::{List, Project},
};

const PATH: &str = "_apis/hooks/subscriptions";
/// Who tells, and how.
const PUBLISHER: &str = "tfs";
const CONSUMER: &str = "webHooks";
const ACTION: &str = "httpRequest";
/// A subscription that tells, also one that had trouble.
const WORKING: [&str; 2] = ["enabled", "onProbation"];

/// What is to be subscribed to.
#[derive(Debug, Clone)]
pub struct Hooks {
    /// Where hooks are taken.
    pub url: String,
    /// Header that shows the secret.
    pub header: String,
    /// The secret.
    pub secret: SecretSource,
    /// Ids of events: `git.push`.
    pub events: Vec<String>,
    /// Names of projects; none for all that the account sees.
    pub projects: Vec<String>,
    /// Whether the secret is written into the subscriptions that are there too.
    pub renew: bool,
}

/// One subscription, as it is now or would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The project's name.
    pub project: String,
    /// Id of the event.
    pub event: String,
    /// What was done for it.
    pub change: Change,
}

/// What was done for a subscription, or is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It was not there.
    Created,
    /// It differed.
    Updated(&'static str),
    /// It was as it should be.
    None,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Known {
    id: String,
    #[serde(default)]
    event_type: String,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    consumer_inputs: Value,
    #[serde(default)]
    publisher_inputs: Value,
}

pub(crate) async fn subscribe(api: &Api, hooks: &Hooks, dry_run: bool) -> Result<Vec<Subscription>> {
    let talk = api.talk("subscribe to service hooks");
    let projects = wanted(talk, &hooks.projects).await?;
    let path = format!("{PATH}?publisherId={PUBLISHER}&consumerId={CONSUMER}");
    let sent = talk.raw(Manner::Read, Method::GET, &path, None).await?;
    let known: List<Known> = talk.read(sent)?;
    let secret = hooks.secret.read().map_err(|reason| talk.error(Trouble::Unauthorized(reason)))?;
    let header = format!("{}: {}", hooks.header, secret.expose().trim());
    if secret.expose().trim().is_empty() || header.contains(['\r', '\n']) {
        return Err(talk.error(Trouble::Refused("the secret of hooks is empty, or has more than one line".to_owned())));
    }
    let mut all = Vec::new();
    for project in &projects {
        for event in &hooks.events {
            let own = known.value.iter().find(|it| is_own(it, hooks, project, event));
            let change = match own {
                None => Change::Created,
                Some(own) => differs(own, hooks.renew).map_or(Change::None, Change::Updated),
            };
            if !dry_run && change != Change::None {
                let doing = format!("subscribe to `{event}` of the project `{}`", project.name);
                put(api.talk(&doing), hooks, project, event, &header, own).await?;
            }
            all.push(Subscription { project: project.name.clone(), event: event.clone(), change });
        }
    }
    Ok(all)
}

async fn wanted(talk: Talk<'_>, names: &[String]) -> Result<Vec<Project>> {
    let all = places::projects(talk).await?;
    if names.is_empty() {
        return Ok(all);
    }
    let find = |name: &String| {
        let found = all.iter().find(|project| project.name.eq_ignore_ascii_case(name)).cloned();
        found.ok_or_else(|| talk.error(Trouble::Missing(format!("there is no project `{name}`"))))
    };
    names.iter().map(find).collect()
}

fn is_own(known: &Known, hooks: &Hooks, project: &Project, event: &str) -> bool {
    let url = known.consumer_inputs["url"].as_str().unwrap_or_default();
    let of = known.publisher_inputs["projectId"].as_str().unwrap_or_default();
    known.event_type == event
        && url.trim_end_matches('/') == hooks.url.trim_end_matches('/')
        && of.eq_ignore_ascii_case(&project.id)
}

/// In what a subscription of Forgeline's is not as it should be.
fn differs(known: &Known, renew: bool) -> Option<&'static str> {
    if known.status.as_deref().is_some_and(|status| !WORKING.contains(&status)) {
        return Some("it was switched off");
    }
    // It is shown as stars.
    if known.consumer_inputs["httpHeaders"].as_str().is_none_or(str::is_empty) {
        return Some("it did not show the secret");
    }
    renew.then_some("the secret is new")
}

async fn put(
    talk: Talk<'_>,
    hooks: &Hooks,
    project: &Project,
    event: &str,
    header: &str,
    own: Option<&Known>,
) -> Result<()> {
    // A hook is only a hint, so it needs none of the texts.
    let inputs = json!({
        "url": hooks.url, "httpHeaders": header, "resourceDetailsToSend": "minimal", "messagesToSend": "none",
        "detailedMessagesToSend": "none",
    });
    let mut body = json!({
        "publisherId": PUBLISHER, "eventType": event, "resourceVersion": "1.0", "consumerId": CONSUMER,
        "consumerActionId": ACTION, "publisherInputs": { "projectId": project.id }, "consumerInputs": inputs,
    });
    let (method, path) = match own {
        None => (Method::POST, PATH.to_owned()),
        Some(own) if own.id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') => {
            body["id"] = own.id.clone().into();
            body["status"] = "enabled".into();
            (Method::PUT, format!("{PATH}/{}", own.id))
        }
        Some(_) => return Err(talk.error(Trouble::Unreadable("the subscription's id is none".to_owned()))),
    };
    let sent = talk.raw(Manner::Write(Priority::Work), method, &path, Some(&body)).await?;
    talk.written::<IgnoredAny>(sent).map(drop)
}
