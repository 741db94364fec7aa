//! Subscriptions to service hooks. Nothing is delivered: a test sends what a hook would say.

use serde_json::{Value, json};

use super::call::Call;
use super::list as wrapped;
use super::reply::{Outcome, Refusal, Reply};
use super::{repositories, shape};
use crate::model::Id;
use crate::model::access::Level;

/// What is shown of an input that nobody may see.
const STARS: &str = "********";
/// What can be subscribed to.
const EVENTS: [&str; 9] = [
    "git.push",
    "git.pullrequest.created",
    "git.pullrequest.updated",
    "git.pullrequest.merged",
    "ms.vss-code.git-pullrequest-comment-event",
    "workitem.created",
    "workitem.updated",
    "workitem.commented",
    "build.complete",
];

fn shown(id: Id, subscription: &Value) -> Value {
    let mut shown = subscription.clone();
    shown["id"] = shape::guid("subscription", id).into();
    if let Some(headers) = shown.pointer_mut("/consumerInputs/httpHeaders")
        && headers.as_str().is_some_and(|headers| !headers.is_empty())
    {
        *headers = STARS.into();
    }
    shown
}

pub(super) fn list(call: &mut Call<'_>) -> Outcome {
    let (publisher, consumer) = (call.param("publisherId"), call.param("consumerId"));
    let fits = |of: &Value, wanted: &Option<String>| wanted.as_ref().is_none_or(|wanted| of == wanted.as_str());
    let all = call.look().subscriptions.iter();
    let found = all.filter(|(_, it)| fits(&it["publisherId"], &publisher) && fits(&it["consumerId"], &consumer));
    Ok(Reply::ok(wrapped(found.map(|(id, it)| shown(*id, it)).collect())))
}

/// The subscription of the body, if it is one and whoever asks may make it.
fn judged(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let event = call.text("/eventType").unwrap_or_default();
    let named = [("/publisherId", "tfs"), ("/consumerId", "webHooks"), ("/consumerActionId", "httpRequest")];
    let url = call.text("/consumerInputs/url").unwrap_or_default();
    let is_whole = named.iter().all(|(pointer, name)| call.text(pointer).as_deref() == Some(name))
        && EVENTS.contains(&event.as_str())
        && url.starts_with("http");
    let bad_header = call
        .text("/consumerInputs/httpHeaders")
        .is_some_and(|headers| headers == STARS || headers.lines().any(|line| !line.contains(':')));
    if !is_whole || bad_header {
        call.problem("a subscription has a publisher, an event, a consumer with its action, an address and headers");
        return Err(Refusal::new(400, "VS402808: The subscription is not valid."));
    }
    let project = call.text("/publisherInputs/projectId").unwrap_or_default();
    let owner = repositories::project(call.look(), &project).ok_or_else(|| Refusal::missing("The project"))?;
    let is_admin = repositories::of(call.look(), owner).iter().any(|id| call.level(*id) >= Level::Admin);
    if !is_admin {
        return Err(Refusal::new(403, "VS402409: You need the permission 'Edit subscriptions' on the project."));
    }
    let mut subscription = call.body.clone();
    if subscription.get("status").is_none() {
        subscription["status"] = json!("enabled");
    }
    Ok(subscription)
}

pub(super) fn create(call: &mut Call<'_>) -> Outcome {
    let subscription = judged(call)?;
    let id = call.world().fresh();
    let shown = shown(id, &subscription);
    call.world().subscriptions.insert(id, subscription);
    Ok(Reply::ok(shown))
}

pub(super) fn replace(call: &mut Call<'_>, wanted: &str) -> Outcome {
    let found = call.look().subscriptions.keys().find(|id| shape::guid("subscription", **id) == wanted).copied();
    let id = found.ok_or_else(|| Refusal::new(404, "VS402815: The subscription was not found."))?;
    let subscription = judged(call)?;
    let shown = shown(id, &subscription);
    call.world().subscriptions.insert(id, subscription);
    Ok(Reply::ok(shown))
}
