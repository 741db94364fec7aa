//! Whether a caller may do what it asks: one place for all operations.

use super::auth::Caller;
use super::call::Call;
use super::operation::Need;
use super::reply::Refusal;
use crate::model::access::Level;
use crate::model::app::{Access, selected};
use crate::model::{Id, World};

const INTEGRATION: &str = "Resource not accessible by integration";

/// Finds the repository that the path names and refuses what the caller may not do.
pub(crate) fn admit(call: &mut Call<'_>) -> Result<(), Refusal> {
    match call.operation.need {
        Need::Nothing => Ok(()),
        Need::Account => match call.caller {
            Caller::Person(_) => Ok(()),
            Caller::Installation { .. } => Err(Refusal::forbidden(INTEGRATION)),
            Caller::Nobody | Caller::App(_) => Err(Refusal::new(401, "Requires authentication")),
        },
        Need::App => match call.caller {
            Caller::App(_) => Ok(()),
            _ => Err(Refusal::new(401, "A JSON web token could not be decoded")),
        },
        Need::Installation => match call.caller {
            Caller::Installation { .. } => Ok(()),
            Caller::Nobody => Err(Refusal::new(401, "Requires authentication")),
            _ => Err(Refusal::forbidden("You must authenticate with an installation access token")),
        },
        Need::AppInRepository => {
            call.repository = repository(call)?;
            match call.caller {
                Caller::App(app) if call.world().installation_on(app, call.repository).is_some() => Ok(()),
                Caller::App(_) => Err(Refusal::not_found()),
                _ => Err(Refusal::new(401, "A JSON web token could not be decoded")),
            }
        }
        Need::Repository { areas, access, level } => {
            call.repository = repository(call)?;
            in_repository(call, areas, access, level)
        }
    }
}

/// The repository that the path names; one that was renamed is elsewhere.
fn repository(call: &Call<'_>) -> Result<Id, Refusal> {
    let (owner, name) = (call.param("owner"), call.param("repo"));
    let world = call.world();
    if let Some(found) = world.repository_named(owner, name) {
        return Ok(found.id);
    }
    let Some(moved) = world.repository_formerly(owner, name).filter(|found| sees(world, &call.caller, found.id)) else {
        return Err(Refusal::not_found());
    };
    Err(Refusal::moved(call.operation.method == "GET", call.moved_to(moved.id, owner, name)))
}

/// Whether the caller may know that the repository exists.
pub(crate) fn sees(world: &World, caller: &Caller, repository: Id) -> bool {
    let public = world.repositories.get(&repository).is_some_and(|found| !found.private);
    public
        || match caller {
            Caller::Nobody | Caller::App(_) => false,
            Caller::Person(user) => world.level(*user, repository) >= Level::Read,
            Caller::Installation { id, selection, .. } => {
                world.covers(*id, repository) && selected(selection, repository)
            }
        }
}

fn in_repository(call: &Call<'_>, areas: &[&str], access: Access, level: Level) -> Result<(), Refusal> {
    let world = call.world();
    if !sees(world, &call.caller, call.repository) {
        return Err(Refusal::not_found());
    }
    let repository = world.repositories.get(&call.repository).ok_or_else(Refusal::not_found)?;
    if access == Access::Write && repository.archived {
        return Err(Refusal::forbidden("Repository was archived so is read-only."));
    }
    match &call.caller {
        Caller::Nobody if access == Access::Read && level <= Level::Read => Ok(()),
        Caller::Nobody => Err(Refusal::new(401, "Requires authentication")),
        Caller::App(_) => Err(Refusal::forbidden(INTEGRATION)),
        Caller::Person(_) if areas == ["checks"] && access == Access::Write => {
            Err(Refusal::forbidden("You must authenticate via a GitHub App."))
        }
        Caller::Person(user) if world.level(*user, call.repository) < level => Err(Refusal::forbidden(match level {
            Level::Write => "Must have push access to repository",
            Level::Triage => "Must have triage access to repository",
            _ => "Must have admin rights to Repository.",
        })),
        Caller::Person(_) => Ok(()),
        Caller::Installation { id, selection, permissions, .. } => {
            let inside = world.covers(*id, call.repository) && selected(selection, call.repository);
            let granted = |area: &&str| {
                // All programs may read metadata.
                (*area == "metadata" && access == Access::Read)
                    || permissions.get(*area).is_some_and(|has| *has >= access)
            };
            let public_read = access == Access::Read && !repository.private;
            if public_read || (inside && admissible(call, areas).iter().any(granted)) {
                Ok(())
            } else {
                Err(Refusal::forbidden(INTEGRATION))
            }
        }
    }
}

/// The permissions of which one suffices: that for pull requests opens what is on a pull request, and not an issue.
fn admissible<'a>(call: &Call<'_>, areas: &'a [&'a str]) -> &'a [&'a str] {
    if areas != ["issues", "pull_requests"] {
        return areas;
    }
    let world = call.world();
    let by_number = call.id("issue_number").ok().and_then(|number| world.item_numbered(call.repository, number));
    let by_comment = || {
        let comment = call.id("comment_id").ok().and_then(|id| world.comments.get(&id))?;
        world.items.get(&comment.item)
    };
    match by_number.or_else(by_comment) {
        Some(item) if item.pull.is_none() => &areas[..1],
        // It is there for who may see pull requests only; a new issue is an issue.
        None if call.operation.method == "POST" && call.operation.path.ends_with("/issues") => &areas[..1],
        _ => areas,
    }
}
