//! `forgeline init azure-devops --create`: subscriptions to service hooks, made once and mended.

use forgeline_fake_forge::{Fault, Level};
use forgeline_registry::InputSchema;
use serde_json::Value;

use super::{ME, Place, SECRET, SHOP};
use crate::world::Said;

const CREATE: [&str; 5] = ["init", "azure-devops", "--create", "--url", "https://forgeline.example.org/"];
const EVENTS: usize = 8;

impl Place {
    /// With an account that may manage subscriptions.
    fn managed() -> Self {
        let place = Self::strange();
        place.there.grant(ME, SHOP, Level::Admin);
        place
    }

    #[track_caller]
    fn create(&self, more: &[&str]) -> Said {
        self.world.ok(&[&CREATE[..], more].concat())
    }

    /// What became of each subscription.
    #[track_caller]
    fn actions(&self, more: &[&str]) -> Vec<String> {
        let document = self.create(&[more, &["--json"]].concat()).json();
        let schema = include_str!("../../../schemas/output/init-azure-devops-subscriptions.v1.json");
        let schema: Value = serde_json::from_str(schema).expect("a schema");
        let wrong = InputSchema::compile(&schema).expect("a schema").check(&document);
        assert!(wrong.is_empty(), "{document}");
        let all = document["init-azure-devops-subscriptions"]["subscriptions"].as_array().expect("a list").clone();
        all.iter().map(|it| it["action"].as_str().expect("a word").to_owned()).collect()
    }
}

#[test]
fn subscriptions_are_created_once_and_show_the_secret() {
    let place = Place::managed();
    let said = place.create(&["--dry-run"]);
    assert_eq!(said.out.matches("to create ").count(), EVENTS, "{}", said.out);
    assert_eq!(place.there.azure_subscriptions(), Vec::<Value>::new());
    assert_eq!(place.actions(&[]), ["created"; EVENTS]);
    let made = place.there.azure_subscriptions();
    assert_eq!(made.len(), EVENTS);
    for subscription in &made {
        let inputs = &subscription["consumerInputs"];
        assert_eq!(inputs["url"], "https://forgeline.example.org/webhooks/azure-devops");
        assert_eq!(inputs["httpHeaders"], format!("X-Forgeline-Secret: {SECRET}"));
    }
    assert_eq!(place.actions(&[]), ["unchanged"; EVENTS]);
    assert_eq!(place.there.azure_subscriptions(), made);
    let said = place.create(&["--project", "acme"]);
    assert!(!said.out.contains(SECRET) && !said.err.contains(SECRET), "{said:?}");
    place.settle();
}

#[test]
fn what_differs_is_mended_and_a_new_secret_is_written_when_asked() {
    let place = Place::managed();
    place.create(&[]);
    place.there.azure_switches_hooks_off();
    let said = place.create(&["--dry-run"]);
    assert_eq!(said.out.matches("it was switched off").count(), EVENTS, "{}", said.out);
    assert_eq!(place.actions(&[]), ["updated"; EVENTS]);
    assert!(place.there.azure_subscriptions().iter().all(|it| it["status"] == "enabled"));
    place.world.write("hook", "another");
    assert_eq!(place.actions(&[]), ["unchanged"; EVENTS], "nobody is shown which secret there is");
    assert_eq!(place.actions(&["--renew-secret"]), ["updated"; EVENTS]);
    let all = place.there.azure_subscriptions();
    assert_eq!(all.len(), EVENTS);
    assert!(all.iter().all(|it| it["consumerInputs"]["httpHeaders"] == "X-Forgeline-Secret: another"));
    // Of another server they are not touched.
    let other = ["init", "azure-devops", "--create", "--url", "https://other.example.org"];
    place.world.ok(&other);
    assert_eq!(place.there.azure_subscriptions().len(), 2 * EVENTS);
    place.settle();
}

#[test]
fn an_answer_that_is_lost_makes_no_second_subscription() {
    let place = Place::managed();
    place.there.faults().on("POST /fabrikam/_apis/hooks/subscriptions", 3, Fault::ResetAfter);
    let said = place.world.run(&CREATE);
    assert_ne!(said.code, 0, "{said:?}");
    place.create(&[]);
    assert_eq!(place.there.azure_subscriptions().len(), EVENTS);
    place.settle();
}

#[test]
fn who_may_not_or_names_too_little_is_told() {
    let place = Place::strange();
    let said = place.world.run(&CREATE);
    assert!(said.code != 0 && said.err.contains("Edit subscriptions"), "{said:?}");
    let said = place.world.run(&["init", "azure-devops", "--create"]);
    assert!(said.code == 2 && said.err.contains("--url https://"), "{said:?}");
    let said = place.world.run(&[&CREATE[..], &["--project", "nowhere"]].concat());
    assert!(said.code != 0 && said.err.contains("there is no project `nowhere`"), "{said:?}");
    let said = place.world.run(&["init", "github-app", "--create"]);
    assert!(said.code == 2 && said.err.contains("`azure-devops`"), "{said:?}");
}
