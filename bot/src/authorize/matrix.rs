//! Every action × every account × every place, as one table that people can read, and what must hold in all of it.

use std::fmt::Write as _;

use super::{Action, Principal, Resource, Role, authorize};
use crate::Verb;

const ME: &str = "3";

/// A place, by name.
struct Place {
    name: &'static str,
    on: Resource,
}

fn places() -> Vec<Place> {
    let other = || Resource { requester: Some("7".into()), authors: vec!["8".into()], ..Resource::default() };
    let kinds = [
        ("issue, another's run", other()),
        ("own run", Resource { requester: Some(ME.into()), ..other() }),
        ("own pull request", Resource { authors: vec![ME.into()], ..other() }),
        ("last pushed by me", Resource { authors: vec!["8".into(), ME.into()], ..other() }),
        ("fork, not vouched for", Resource { is_foreign_head: true, ..other() }),
        ("own fork, not vouched for", Resource { is_foreign_head: true, authors: vec![ME.into()], ..other() }),
        ("closed", Resource { is_closed: true, ..other() }),
        ("archived", Resource { is_archived: true, ..other() }),
    ];
    let mut all = Vec::new();
    for (name, on) in kinds {
        all.push(Place { name, on });
    }
    all
}

fn actions() -> Vec<Action> {
    Verb::ALL.map(Action::Command).into_iter().chain([Action::Trigger]).collect()
}

fn name(action: Action) -> &'static str {
    if action == Action::Trigger { "(label, push)" } else { action.word() }
}

fn person(role: Role) -> Principal {
    Principal { id: ME.into(), name: "ana".into(), role: Some(role), is_human: true }
}

fn may(role: Role, action: Action, on: &Resource) -> bool {
    authorize(&person(role), action, on).is_ok()
}

fn seen(on: &Resource, is_public: bool) -> Resource {
    Resource { is_public, ..on.clone() }
}

/// The least role that may; a dash for nobody.
fn least(action: Action, on: &Resource) -> &'static str {
    Role::ALL.into_iter().find(|role| may(*role, action, on)).map_or("-", Role::word)
}

#[test]
fn every_action_for_every_role_in_every_place() {
    let mut table = String::from("Who may, at least: on a private repository / on a public one.\n");
    for place in places() {
        let _ = write!(table, "\n{}\n", place.name);
        for action in actions() {
            let (private, public) = (least(action, &seen(&place.on, false)), least(action, &seen(&place.on, true)));
            let both = if private == public { private.to_owned() } else { format!("{private} / {public}") };
            let _ = writeln!(table, "  {:<14}{both}", name(action));
        }
    }
    insta::assert_snapshot!("authorizer", table);
}

/// Calls `check` for each action in each place.
fn everywhere(check: impl Fn(Action, &Resource, &str)) {
    for place in places() {
        for is_public in [false, true] {
            for action in actions() {
                check(action, &seen(&place.on, is_public), &format!("{} · {} · {is_public}", name(action), place.name));
            }
        }
    }
}

#[test]
fn agents_bots_and_the_unknown_may_nothing_anywhere() {
    everywhere(|action, on, shown| {
        for role in Role::ALL {
            let bot = Principal { is_human: false, ..person(role) };
            assert!(authorize(&bot, action, on).is_err(), "{shown}");
        }
        assert!(authorize(&Principal { role: None, ..person(Role::Admin) }, action, on).is_err(), "{shown}");
        assert!(!may(Role::Agent, action, on), "{shown}");
    });
}

#[test]
fn more_right_means_no_less_anywhere() {
    everywhere(|action, on, shown| {
        assert!(Role::ALL.map(|role| may(role, action, on)).is_sorted(), "{shown}");
    });
}

#[test]
fn what_is_closed_or_archived_yields_nothing_but_looking() {
    let looks = [Verb::Plan, Verb::Status, Verb::Why, Verb::Help].map(Action::Command);
    everywhere(|action, on, shown| {
        if (on.is_closed || on.is_archived) && !looks.contains(&action) {
            assert_eq!(least(action, on), "-", "{shown}");
        }
    });
}

#[test]
fn nobody_approves_what_they_asked_for_wrote_or_pushed() {
    everywhere(|action, on, shown| {
        let is_word = [Verb::Approve, Verb::Reject].map(Action::Command).contains(&action);
        let is_own = on.requester.as_deref() == Some(ME) || on.authors.iter().any(|author| author == ME);
        if is_word && is_own {
            assert_eq!(least(action, on), "-", "{shown}");
        }
    });
}

#[test]
fn a_forks_head_is_looked_at_by_a_maintainers_word_only() {
    let looking =
        [Action::Trigger, Action::Command(Verb::Run), Action::Command(Verb::Retry), Action::Command(Verb::Revise)];
    everywhere(|action, on, shown| {
        if on.is_foreign_head && looking.contains(&action) {
            assert_eq!(least(action, on), "maintainer", "{shown}");
        }
    });
}
