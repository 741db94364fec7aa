//! All codes of the program: those of the language and the contracts, and those of work items and of run time.

use forgeline_blueprints::codes;

/// Code, title, explanation.
pub type Code = (&'static str, &'static str, &'static str);

/// Every code, in order.
pub fn all() -> Vec<Code> {
    let mut all: Vec<Code> = codes::all()
        .copied()
        .chain(WORK_ITEM.iter().copied())
        .chain(RUN_TIME.iter().copied())
        .chain(FOLDER.iter().copied())
        .collect();
    all.sort_unstable_by_key(|(code, ..)| *code);
    all
}

/// What can be wrong with a work item.
const WORK_ITEM: &[Code] = &[
    (
        "FL0201",
        "a work item is too large",
        "A work item has at most 256 KiB. Keep the description short; put long material into the repository and name it.",
    ),
    (
        "FL0202",
        "a work item is not UTF-8",
        "Work items are text in UTF-8. The message names the first line with other bytes; save the file in UTF-8.",
    ),
    (
        "FL0203",
        "a work item is binary",
        "The file has a zero byte, so it is no text. Give a Markdown file that begins with `# title`.",
    ),
    (
        "FL0204",
        "a work item has no title",
        "The first line that is not empty is the title: `# Orders service`. The rest is the description.",
    ),
    (
        "FL0205",
        "an entity has no fields to read",
        "An entity is one line below `## Entities`: `- Customer: name (string), email (email)`. The part before the colon is its name, what follows are its fields.",
    ),
    (
        "FL0206",
        "a field cannot be read",
        "A field is a name and a type in parentheses: `name (string)`, `quantity (int)`, `customer (Customer)` for a reference.",
    ),
    (
        "FL0207",
        "a field has an unknown type",
        "The message lists the types that exist. A reference names another entity of the same work item.",
    ),
    (
        "FL0208",
        "a reference leads nowhere",
        "The field refers to an entity that the work item does not have. Add the entity, or use one that is there.",
    ),
    (
        "FL0209",
        "two entities have the same name",
        "Names are compared as they stand in code, so `Größe` and `Groesse` are the same. Rename or join one of them.",
    ),
    (
        "FL0210",
        "two fields have the same name",
        "Names are compared as they stand in code, so `order id` and `order_id` are the same. Rename one of them.",
    ),
    (
        "FL0211",
        "a name cannot be used in code",
        "The name has no letters that code can carry, is too long, or is reserved. The hint says what to write.",
    ),
    (
        "FL0212",
        "a field is there already",
        "Every entity has an id and its times without being asked. Leave the field out, or choose another name.",
    ),
    (
        "FL0213",
        "entities refer to each other in a circle",
        "No entity of the circle could ever be created first. Make one of the references optional by leaving it out.",
    ),
    (
        "FL0214",
        "a work item asks for too much",
        "A service has a bounded number of entities, and an entity a bounded number of fields, so that a person can review what is written. Split the work item.",
    ),
    (
        "FL0215",
        "an event cannot be read",
        "An event is one line below `## Events` that names an entity and what happens to it, for example `- Order created`.",
    ),
    (
        "FL0216",
        "a rule names something that is not there",
        "A rule names a field of an entity of this work item: `Customer.email is unique`.",
    ),
    (
        "FL0217",
        "an entity has no field of its own",
        "An entity needs at least one field besides what every entity has: `- Tag: name (string)`.",
    ),
    (
        "FL0218",
        "a rule is not enforced",
        "The rule is kept as text for people, because it has none of the forms that code can be written for. The hint lists those forms.",
    ),
    (
        "FL0219",
        "there is no entity",
        "The work item has the heading `## Entities` with nothing below it. Write one line for each entity, or remove the heading.",
    ),
];

/// What can go wrong while a run is prepared.
const RUN_TIME: &[Code] = &[
    (
        "FL0601",
        "the files of an agent are gone",
        "The plan names an agent whose files cannot be found any more. Run the same command again; the plan is made anew.",
    ),
    (
        "FL0602",
        "an agent's file is not UTF-8",
        "Agents are sent to their process as text. Convert the file to UTF-8, or take it out of the agent's folder.",
    ),
    (
        "FL0603",
        "a concurrency group has no name for this run",
        "`concurrency.group` names something that this run does not have, such as `{{work_item.id}}` without a work item. Name only what every run of the blueprint has.",
    ),
];

/// What can be wrong with the files of a factory's folder.
const FOLDER: &[Code] = &[
    (
        "FL0801",
        "a definition is not a regular file",
        "Among the definitions lies a link, a pipe or a device. A link may lead anywhere and a pipe may never end, so neither is read. Put the file or folder itself in its place.",
    ),
    (
        "FL0802",
        "a file among the definitions is too large",
        "Files of at most 4 MiB are read. Definitions, templates and contracts are small texts; keep large material outside of `blueprints/`, `agents/` and `schema-registry/`.",
    ),
];

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::all;

    #[test]
    fn each_code_has_one_meaning_and_an_explanation() {
        let all = all();
        for pair in all.windows(2) {
            assert!(pair[0].0 < pair[1].0, "{} has two meanings: {} / {}", pair[0].0, pair[0].1, pair[1].1);
        }
        assert!(all.iter().all(|(code, title, text)| code.len() == 6 && !title.is_empty() && text.ends_with('.')));
    }

    /// Adds the codes that stand in the source below a folder.
    fn look(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).expect("a folder of the workspace").flatten() {
            let path = entry.path();
            if path.is_dir() {
                look(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("source is text");
                let codes = text.match_indices("\"FL0").filter_map(|(at, _)| text.get(at + 1..at + 7));
                found.extend(codes.filter(|code| code[2..].bytes().all(|b| b.is_ascii_digit())).map(str::to_owned));
            }
        }
    }

    #[test]
    fn every_code_in_the_source_is_explained() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut used = BTreeSet::new();
        for folder in ["crates/model/src", "runner/src", "bot/src", "blueprints/src", "schema-registry/src", "cli/src"]
        {
            look(&root.join(folder), &mut used);
        }
        assert!(used.len() > 60, "{used:?}");
        for (code, ..) in all() {
            used.remove(code);
        }
        assert_eq!(used, BTreeSet::new());
    }
}
