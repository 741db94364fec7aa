//! The fields of what starts a blueprint.

use super::{
    PullRequestAction,
    shape::{EVENT, SCHEDULE},
};
use crate::{
    form::Form,
    shape::{Field, Object, Shape, optional},
};

const TEXT: Shape = Shape::Text(Form::Text);
const TEXTS: Shape = Shape::List(&TEXT);
const GLOBS: Shape = Shape::List(&Shape::Text(Form::Glob));

const AUTHORS: Field = optional("authors", TEXTS, "who; `*` stands for any text; anybody when left out");
const NOT_AUTHORS: Field = optional("not_authors", TEXTS, "who not; `\"*[bot]\"` leaves out bots");
const MAX_FILES: Field = optional("max_files", Shape::Whole(1, 1_000_000), "most files that may change");
const MAX_LINES: Field =
    optional("max_lines", Shape::Whole(1, 100_000_000), "most lines, added and removed together, that may change");
const LABELS: Field = optional("labels", Shape::Object(&LABEL_FILTER), "labels that there must be, or must not be");

/// One of these is an element of `on`.
pub(super) static TRIGGERS: &[Field] = &[
    optional("label", TEXT, "an issue or work item gets this label"),
    optional("command", Shape::Text(Form::Name), "a person comments `/forgeline <command> <blueprint>`"),
    optional("work_item", Shape::Object(&WORK_ITEM), "a work item of a type reaches a state"),
    optional("pull_request", Shape::Object(&PULL_REQUEST), "something happens to a pull request"),
    optional("push", Shape::Object(&PUSH), "a push to a branch, or of a tag"),
    optional("schedule", Shape::Object(&SCHEDULE), "a repeated time"),
    optional("event", Shape::Object(&EVENT), "an event of the registry"),
];

static WORK_ITEM: Object = Object {
    name: "`work_item`",
    doc: "A work item of one of these types that reaches one of these states.",
    fields: &[
        optional("types", TEXTS, "types, as the forge names them; any when left out"),
        optional("state", TEXT, "state that it must have reached"),
        optional("states", TEXTS, "states of which it must have reached one; instead of `state`"),
        LABELS,
        AUTHORS,
        NOT_AUTHORS,
    ],
};

static PUSH: Object = Object {
    name: "`push`",
    doc: "A push to a branch, or of a tag.",
    fields: &[
        optional("paths", GLOBS, "globs; any path when left out; not for tags"),
        optional("branches", GLOBS, "branch pushed to; the default branch when neither it nor `tags` is there"),
        optional("tags", GLOBS, "tag pushed, `\"v*\"`; no tag when left out"),
        AUTHORS,
        NOT_AUTHORS,
        MAX_FILES,
        MAX_LINES,
    ],
};

static PULL_REQUEST: Object = Object {
    name: "`pull_request`",
    doc: "Something happens to a pull request.",
    fields: &[
        optional(
            "actions",
            Shape::List(&Shape::Text(Form::OneOf(&PullRequestAction::WORDS))),
            "what must have happened; when left out opened, reopened, updated, and what the filters ask for",
        ),
        optional("paths", GLOBS, "globs; any path when left out"),
        optional("branches", GLOBS, "branch that it would go into; the default branch when left out"),
        optional("draft", Shape::FlagOr(&["any"]), "`false` leaves out drafts, `true` all others; `any` when left out"),
        LABELS,
        AUTHORS,
        NOT_AUTHORS,
        MAX_FILES,
        MAX_LINES,
        optional(
            "check",
            Shape::Text(Form::OneOf(&["optional", "required"])),
            "`required` when the forge asks for the check before a merge; `optional` when left out",
        ),
    ],
};

static LABEL_FILTER: Object = Object {
    name: "`labels`",
    doc: "Labels that there must be, or must not be; `*` stands for any text.",
    fields: &[
        optional("any", TEXTS, "at least one of these"),
        optional("all", TEXTS, "each of these"),
        optional("none", TEXTS, "none of these"),
    ],
};
