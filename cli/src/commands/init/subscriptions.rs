//! `forgeline init azure-devops --create`: makes the subscriptions to service hooks.

use forgeline_azure_devops::{Change, Hooks, SecretSource, Subscription};
use serde_json::{Value, json};

use super::{
    Init,
    azure_devops::{EVENTS, HEADER, PATH},
};
use crate::{
    commands::Session,
    exit::{Exit, Failure},
    forges,
};

/// Makes them, or says what would be made.
pub(super) async fn perform(init: &Init, session: &Session) -> anyhow::Result<Exit> {
    let operator = &session.operator.file;
    let usage = |text: &str| Failure::new(Exit::Usage, text);
    let Some(url) = init.url.as_deref() else {
        anyhow::bail!(usage("say where the server is reached, for hooks: `--url https://forgeline.example.org`"));
    };
    let Some(secret) = &operator.config.forges.azure_devops.hook_secret else {
        anyhow::bail!(usage(
            "name the secret of hooks in the operator's file: `forges.azure_devops.hook_secret: \"env:AZDO_HOOK_SECRET\"`"
        ));
    };
    let Some(azure) = forges::azure_devops(operator, None)? else {
        anyhow::bail!(usage(
            "say in the operator's file who Forgeline is: `forges.azure_devops` with `organization` and a credential"
        ));
    };
    let hooks = Hooks {
        url: format!("{}{PATH}", address(url)?),
        header: HEADER.to_owned(),
        secret: SecretSource::new(forges::reader(secret)),
        events: EVENTS.iter().map(|(id, _)| (*id).to_owned()).collect(),
        projects: init.project.clone(),
        renew: init.renew_secret,
    };
    let done = azure.subscribe(&hooks, init.how.dry_run).await?;
    let value = json!({ "url": hooks.url, "subscriptions": done.iter().map(value).collect::<Vec<_>>() });
    let out = session.out.rehearsing(init.how);
    out.print("init-azure-devops-subscriptions", &value, || text(&done, init.how.dry_run));
    Ok(Exit::Success)
}

/// The server's address, without a slash at its end.
fn address(url: &str) -> Result<&str, Failure> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/[]".contains(c);
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    match rest.filter(|rest| !rest.trim_matches('/').is_empty() && rest.chars().all(is_plain)) {
        Some(_) => Ok(url.trim_end_matches('/')),
        None => Err(Failure::new(Exit::Usage, "`--url` is no address; write `https://forgeline.example.org`")),
    }
}

fn word(change: Change) -> &'static str {
    match change {
        Change::Created => "created",
        Change::Updated(_) => "updated",
        Change::None => "unchanged",
    }
}

fn value(it: &Subscription) -> Value {
    let reason = match it.change {
        Change::Updated(reason) => Some(reason),
        Change::Created | Change::None => None,
    };
    json!({ "project": it.project, "event": it.event, "action": word(it.change), "reason": reason })
}

fn text(all: &[Subscription], is_rehearsal: bool) -> String {
    let width = all.iter().map(|it| it.event.len()).max().unwrap_or_default();
    let line = |it: &Subscription| {
        let action = match (it.change, is_rehearsal) {
            (Change::Created, true) => "to create",
            (Change::Updated(_), true) => "to update",
            (change, _) => word(change),
        };
        let reason = if let Change::Updated(reason) = it.change { format!(": {reason}") } else { String::new() };
        format!("{action:<10} {:<width$}  {}{reason}\n", it.event, it.project)
    };
    let mut text: String = all.iter().map(line).collect();
    if all.is_empty() {
        text.push_str("the account sees no project; add it to one first\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn an_address_is_one_of_a_server() {
        assert_eq!(address("https://forgeline.example.org/").ok(), Some("https://forgeline.example.org"));
        for wrong in ["forgeline.example.org", "https://", "https:///", "https://u@x.example", "https://x.example/?a=b"]
        {
            assert!(address(wrong).is_err(), "{wrong}");
        }
    }
}
