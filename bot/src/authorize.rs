//! The one authorizer: who may do what.
//!
//! The role is the forge's live answer for a numeric account id, never what a commit or an event says about its author.
//! A forge that does not answer gives no role, and no role may do nothing.

use std::collections::BTreeMap;

use crate::Verb;

/// What a forge lets an account do in a repository. Ordered by right, except that an agent stands apart: it has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// The task process.
    Agent,
    /// Anyone on a public repository.
    Guest,
    /// May read.
    Reader,
    /// May write.
    Editor,
    /// May change what is protected.
    Maintainer,
    /// May do everything.
    Admin,
}

impl Role {
    /// All roles, least right first.
    pub const ALL: [Self; 6] = [Self::Agent, Self::Guest, Self::Reader, Self::Editor, Self::Maintainer, Self::Admin];

    /// The word for it, in policy and in replies.
    pub fn word(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Guest => "guest",
            Self::Reader => "reader",
            Self::Editor => "editor",
            Self::Maintainer => "maintainer",
            Self::Admin => "admin",
        }
    }

    /// The role with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }

    /// What the forges call the right that gives this role.
    fn right(self) -> &'static str {
        match self {
            Self::Agent | Self::Guest => "no right",
            Self::Reader => "read",
            Self::Editor => "write",
            Self::Maintainer => "maintain",
            Self::Admin => "admin",
        }
    }
}

/// What somebody wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Give a command.
    Command(Verb),
    /// Start a run by a label, a state or another change of an item.
    Trigger,
}

impl Action {
    /// The word under which a factory's `roles` narrow it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Command(verb) => verb.word(),
            Self::Trigger => Verb::Run.word(),
        }
    }
}

/// Who wants to do it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// Numeric account id of the forge, as text.
    pub id: String,
    /// Name for people; never decides.
    pub name: String,
    /// Live role, or none if the forge did not say.
    pub role: Option<Role>,
    /// Whether the account is a person's.
    pub is_human: bool,
}

/// What it is done to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resource {
    /// Whether anyone can read the repository.
    pub is_public: bool,
    /// Account id of who asked for the run that is concerned, if one is.
    pub requester: Option<String>,
    /// Account ids of the author and last pusher of the pull request that is concerned.
    pub authors: Vec<String>,
    /// Roles that the waiting stage names.
    pub approvers: Vec<String>,
    /// Whether the item that is concerned is closed or merged.
    pub is_closed: bool,
    /// Whether the repository is archived: then nobody can write.
    pub is_archived: bool,
    /// Whether the head that is concerned comes from a fork whose owner may not write here, and nobody vouched for it.
    pub is_foreign_head: bool,
    /// The factory's `roles`: who may, by action. It narrows.
    pub roles: BTreeMap<String, Vec<String>>,
}

/// Why somebody may not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The forge did not say what the account may do.
    #[error("your permission could not be looked up; try again")]
    NotLookedUp,
    /// The role is too low.
    #[error("`{action}` needs the right to {needs} here{}; you have {has}", role_note(.needs_role))]
    Role {
        /// The command.
        action: &'static str,
        /// The forge's word for the missing right.
        needs: &'static str,
        /// The role that has it.
        needs_role: &'static str,
        /// The word for what the account has.
        has: &'static str,
    },
    /// The factory lets only these roles.
    #[error("`{action}` is for {roles} in this factory; you are {has}")]
    Narrowed {
        /// The command.
        action: &'static str,
        /// Who may.
        roles: String,
        /// What the account is.
        has: &'static str,
    },
    /// The item is closed, or the repository archived.
    #[error("`{action}` does nothing here: {why}")]
    Over {
        /// The command.
        action: &'static str,
        /// What is over.
        why: &'static str,
    },
    /// The head is an outsider's, and nobody vouched for it.
    #[error("`{action}` would look at what an outsider brought, which takes a maintainer's word; you have {has}")]
    ForeignHead {
        /// The command.
        action: &'static str,
        /// The word for what the account has.
        has: &'static str,
    },
    /// A bot or agent may not.
    #[error("`{action}` is for people")]
    NotAPerson {
        /// The command.
        action: &'static str,
    },
    /// Nobody releases what they asked for or wrote.
    #[error("`{action}` needs somebody else: you asked for this run or wrote what it is about")]
    OwnWork {
        /// The command.
        action: &'static str,
    },
}

fn role_note(role: &str) -> String {
    format!(" (role {role})")
}

/// Whether this principal may do this. Deterministic; everything it looks at is an argument.
pub fn authorize(who: &Principal, action: Action, on: &Resource) -> Result<(), Refusal> {
    let word = action.word();
    if !who.is_human {
        return Err(Refusal::NotAPerson { action: word });
    }
    let role = who.role.ok_or(Refusal::NotLookedUp)?;
    if role == Role::Agent {
        return Err(Refusal::NotAPerson { action: word });
    }
    if !is_look(action) {
        let over = [(on.is_archived, "the repository is archived"), (on.is_closed, "the item is closed")];
        if let Some((_, why)) = over.into_iter().find(|(is_so, _)| *is_so) {
            return Err(Refusal::Over { action: word, why });
        }
    }
    // A person is the same in whatever letter case a forge writes the name.
    let is_who = |id: &String| id.eq_ignore_ascii_case(&who.id);
    let is_requester = on.requester.as_ref().is_some_and(is_who);
    if matches!(action, Action::Command(Verb::Approve | Verb::Reject))
        && (is_requester || on.authors.iter().any(is_who))
    {
        return Err(Refusal::OwnWork { action: word });
    }
    let needed = needed(action, on);
    let own_run = action == Action::Command(Verb::Cancel) && is_requester && role >= Role::Reader;
    if role < needed && !own_run {
        let (needs, needs_role) = (needed.right(), needed.word());
        return Err(Refusal::Role { action: word, needs, needs_role, has: role.right() });
    }
    if on.is_foreign_head && role < Role::Maintainer && looks_at_head(action) {
        return Err(Refusal::ForeignHead { action: word, has: role.right() });
    }
    match on.roles.get(word) {
        Some(named) if !own_run && !reaches(role, named) => {
            Err(Refusal::Narrowed { action: word, roles: named.join(" or "), has: role.word() })
        }
        _ => Ok(()),
    }
}

/// Whether an action changes nothing.
fn is_look(action: Action) -> bool {
    matches!(action, Action::Command(Verb::Plan | Verb::Status | Verb::Why | Verb::Help))
}

/// Whether an action has a run look at the head of the pull request.
fn looks_at_head(action: Action) -> bool {
    matches!(action, Action::Trigger | Action::Command(Verb::Run | Verb::Retry | Verb::Revise))
}

/// The least role for an action, before the factory narrows it.
fn needed(action: Action, on: &Resource) -> Role {
    match action {
        Action::Trigger => Role::Editor,
        Action::Command(verb) => match verb {
            Verb::Run | Verb::Retry | Verb::Revise | Verb::Cancel | Verb::Hold => Role::Editor,
            Verb::Plan if on.is_public => Role::Editor,
            Verb::Plan | Verb::Why | Verb::Status => Role::Reader,
            Verb::Help => Role::Guest,
            Verb::OkToTest | Verb::Release => Role::Maintainer,
            Verb::Approve | Verb::Reject => least(&on.approvers).unwrap_or(Role::Maintainer),
        },
    }
}

/// Whether a role is one of these or above the least of them. A list without any known role lets nobody.
fn reaches(role: Role, named: &[String]) -> bool {
    least(named).is_some_and(|least| role >= least)
}

fn least(named: &[String]) -> Option<Role> {
    named.iter().filter_map(|name| Role::from_word(name)).filter(|role| *role >= Role::Reader).min()
}

#[cfg(test)]
mod matrix;

#[cfg(test)]
mod tests {
    use super::{Action, Principal, Refusal, Resource, Role, authorize};
    use crate::Verb;

    fn person(role: Role) -> Principal {
        Principal { id: "3".into(), name: "ana".into(), role: Some(role), is_human: true }
    }

    /// One line for each action: which roles may, on a private and on a public repository.
    fn matrix() -> String {
        let actions = Verb::ALL.map(Action::Command).into_iter().chain([Action::Trigger]);
        let mut out = String::new();
        for action in actions {
            let name = if action == Action::Trigger { "(label)" } else { action.word() };
            let who = |is_public| {
                let on = Resource { is_public, ..Resource::default() };
                let may = |role: &Role| authorize(&person(*role), action, &on).is_ok();
                Role::ALL.into_iter().filter(may).map(Role::word).collect::<Vec<_>>().join(" ")
            };
            let (private, public) = (who(false), who(true));
            out += &format!("{name:<10} | {private:<37} | {public}\n");
        }
        out
    }

    #[test]
    fn who_may_do_what() {
        insta::assert_snapshot!(matrix(), @r"
    run        | editor maintainer admin               | editor maintainer admin
    plan       | reader editor maintainer admin        | editor maintainer admin
    status     | reader editor maintainer admin        | reader editor maintainer admin
    why        | reader editor maintainer admin        | reader editor maintainer admin
    retry      | editor maintainer admin               | editor maintainer admin
    revise     | editor maintainer admin               | editor maintainer admin
    cancel     | editor maintainer admin               | editor maintainer admin
    hold       | editor maintainer admin               | editor maintainer admin
    approve    | maintainer admin                      | maintainer admin
    reject     | maintainer admin                      | maintainer admin
    ok-to-test | maintainer admin                      | maintainer admin
    release    | maintainer admin                      | maintainer admin
    help       | guest reader editor maintainer admin  | guest reader editor maintainer admin
    (label)    | editor maintainer admin               | editor maintainer admin
    ");
    }

    #[test]
    fn more_right_never_means_less() {
        for verb in Verb::ALL {
            for is_public in [false, true] {
                let on = Resource { is_public, ..Resource::default() };
                let may: Vec<bool> = Role::ALL
                    .iter()
                    .map(|role| authorize(&person(*role), Action::Command(verb), &on).is_ok())
                    .collect();
                assert!(may.is_sorted(), "{verb:?}: {may:?}");
            }
        }
    }

    #[test]
    fn nobody_acts_without_a_looked_up_role_and_bots_never() {
        for verb in Verb::ALL {
            let unknown = Principal { role: None, ..person(Role::Admin) };
            let action = Action::Command(verb);
            assert_eq!(authorize(&unknown, action, &Resource::default()), Err(Refusal::NotLookedUp));
            let bot = Principal { is_human: false, ..person(Role::Admin) };
            assert!(matches!(authorize(&bot, action, &Resource::default()), Err(Refusal::NotAPerson { .. })));
        }
    }

    #[test]
    fn a_factory_narrows_and_never_widens() {
        let named = |roles: &[&str]| Resource {
            roles: [("run".to_owned(), roles.iter().map(|&role| role.to_owned()).collect())].into(),
            ..Resource::default()
        };
        let run = Action::Command(Verb::Run);
        for (roles, role, may) in [
            (&["maintainer"][..], Role::Editor, false),
            (&["maintainer"], Role::Maintainer, true),
            (&["maintainer"], Role::Admin, true),
            (&["guest"], Role::Reader, false),
            (&["reader"], Role::Reader, false),
            (&["reader"], Role::Editor, true),
            (&["nobody"], Role::Admin, false),
            (&[], Role::Admin, false),
        ] {
            assert_eq!(authorize(&person(role), run, &named(roles)).is_ok(), may, "{roles:?} {role:?}");
            assert_eq!(authorize(&person(role), Action::Trigger, &named(roles)).is_ok(), may, "{roles:?} {role:?}");
        }
    }

    #[test]
    fn own_runs_may_be_cancelled_and_own_work_not_approved() {
        let mine = Resource { requester: Some("3".into()), ..Resource::default() };
        let cancel = Action::Command(Verb::Cancel);
        assert!(authorize(&person(Role::Reader), cancel, &mine).is_ok());
        assert!(authorize(&person(Role::Reader), cancel, &Resource::default()).is_err());
        let written = Resource { authors: vec!["3".into()], ..Resource::default() };
        for (on, verb) in [(&mine, Verb::Approve), (&written, Verb::Approve), (&written, Verb::Reject)] {
            let refused = authorize(&person(Role::Admin), Action::Command(verb), on);
            assert!(matches!(refused, Err(Refusal::OwnWork { .. })), "{refused:?}");
        }
    }

    #[test]
    fn a_refusal_names_the_missing_right() {
        let refused = authorize(&person(Role::Reader), Action::Command(Verb::Run), &Resource::default());
        assert_eq!(
            refused.expect_err("a reader may not").to_string(),
            "`run` needs the right to write here (role editor); you have read"
        );
    }
}
