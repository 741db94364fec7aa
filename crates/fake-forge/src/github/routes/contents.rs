//! Files and folders of a commit.

use serde_json::Value;

use super::CONTENTS;
use crate::git::Entry;
use crate::github::call::Call;
use crate::github::operation::{Operation, within};
use crate::github::reply::{Refusal, Reply};
use crate::model::access::Level::Read;
use crate::model::app::Access;

pub(super) const TABLE: &[Operation] =
    &[within("GET", "/repos/{owner}/{repo}/contents/{path}", CONTENTS, Access::Read, Read, get)];

fn get(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let path = call.param("path").trim_matches('/');
    let (repository, world) = (call.repository, call.world());
    let default = world.repositories.get(&repository).map(|found| found.default_branch.as_str());
    let wanted = call.query("ref").or(default).unwrap_or_default();
    let commit = world.depot.resolve(repository, wanted)?.ok_or_else(Refusal::not_found)?;
    let show = call.show();
    match world.depot.entry(repository, &commit, path)?.ok_or_else(Refusal::not_found)? {
        Entry::File { blob, bytes } => {
            Ok(Reply::ok(show.content(repository, &commit, path, &blob, "blob", Some(&bytes))))
        }
        Entry::Folder(entries) => {
            let entries = entries.iter().map(|(name, kind, object, size)| {
                let path = format!("{path}/{name}");
                let mut value = show.content(repository, &commit, path.trim_start_matches('/'), object, kind, None);
                value["size"] = (*size).into();
                value
            });
            Ok(Reply::ok(Value::Array(entries.collect())))
        }
    }
}
