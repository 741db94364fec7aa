//! The fields of `blueprint.yaml`.

use crate::{
    blueprint::trigger_shape::TRIGGERS,
    config::ROLES,
    form::Form,
    shape::{Object, Shape, optional, required},
};

const TEXT: Shape = Shape::Text(Form::Text);
const TEXTS: Shape = Shape::List(&TEXT);

/// The whole file.
pub static SHAPE: Object = Object {
    name: "the blueprint",
    doc: "A versioned pipeline: what starts it, what it asks for, and the stages that do the work.",
    fields: &[
        required("apiVersion", Shape::Text(Form::Exactly(crate::API_VERSION)), "version of the language"),
        required("kind", Shape::Text(Form::Exactly("Blueprint")), "what this file is"),
        required("metadata", Shape::Object(&METADATA), "name, version and owners"),
        optional("on", Shape::List(&Shape::OneField(TRIGGERS)), "what starts it; any of them"),
        optional("inputs", Shape::JsonSchema, "JSON Schema of the inputs; defaults are filled in"),
        optional("budget", Shape::Object(&BUDGET), "what a run may spend"),
        optional("writes", Shape::List(&Shape::Object(&WRITE)), "protected paths that it needs"),
        optional(
            "fail_fast",
            Shape::Flag,
            "whether nothing more starts once a stage has failed for good; true when left out",
        ),
        optional("concurrency", Shape::Object(&CONCURRENCY), "runs that must not be under way at once"),
        optional("priority", Shape::Whole(0, 100), "which of several runs comes first, higher first; 50 when left out"),
        required("stages", Shape::List(&Shape::Object(&STAGE)), "the graph's nodes"),
        optional(
            "on_failure",
            Shape::List(&Shape::Object(&ON_FAILURE)),
            "what to start when a stage has failed for good",
        ),
    ],
};

static METADATA: Object = Object {
    name: "`metadata`",
    doc: "Who the blueprint is.",
    fields: &[
        required("name", Shape::Text(Form::Name), "the folder's name"),
        required("version", Shape::Text(Form::Version), "semantic version, changed with every published change"),
        optional("owners", TEXTS, "users and teams that answer for it"),
        optional("title", TEXT, "one line for people"),
        optional("description", TEXT, "a paragraph for people"),
        optional("project_types", TEXTS, "kinds of project it fits"),
    ],
};

pub(super) static SCHEDULE: Object = Object {
    name: "`schedule`",
    doc: "A repeated time.",
    fields: &[
        required("cron", Shape::Text(Form::Cron), "minute, hour, day of month, month, day of week"),
        optional("time_zone", Shape::Text(Form::TimeZone), "IANA name; UTC when left out"),
        optional(
            "misfire",
            Shape::Text(Form::OneOf(&["skip", "once", "all"])),
            "what becomes of times at which nobody looked: left out, the last made up for, each of the last 24; once when left out",
        ),
    ],
};

pub(super) static EVENT: Object = Object {
    name: "`event`",
    doc: "An event of the registry.",
    fields: &[
        required("type", Shape::Text(Form::TypeName), "contract name"),
        optional(
            "version",
            Shape::Text(Form::VersionRange),
            "contract versions that it understands; any when left out",
        ),
        optional("when", Shape::Text(Form::Condition), "CEL over `event`, the whole envelope"),
    ],
};

static BUDGET: Object = Object {
    name: "`budget`",
    doc: "What a run may spend.",
    fields: &[
        optional("usd", Shape::Text(Form::Usd), "model calls, US dollars; 2.00 when left out"),
        optional("tokens", Shape::Whole(1, 1_000_000_000), "model tokens; no cap of its own when left out"),
        optional("wall", Shape::Text(Form::Period), "wall time of the run; 2h when left out"),
        optional("tasks", Shape::Whole(1, 100_000), "attempts of tasks; no cap of its own when left out"),
    ],
};

static CONCURRENCY: Object = Object {
    name: "`concurrency`",
    doc: "Runs that must not be under way at once.",
    fields: &[
        required(
            "group",
            TEXT,
            "name within the repository, `{{work_item.id}}`; runs with the same one follow each other",
        ),
        optional("cancel_in_progress", Shape::Flag, "whether a newer run cancels the older ones; false when left out"),
    ],
};

static WRITE: Object = Object {
    name: "this element of `writes`",
    doc: "A protected path that the blueprint needs.",
    fields: &[
        required("glob", Shape::Text(Form::Glob), "which paths"),
        required(
            "mode",
            Shape::Text(Form::OneOf(&["create", "change"])),
            "`create` where no such file is, or `change`",
        ),
    ],
};

static STAGE: Object = Object {
    name: "this stage",
    doc: "A node of the graph: an agent's work, or an approval.",
    fields: &[
        required("id", Shape::Text(Form::StageId), "its id, unique in the blueprint"),
        optional("title", TEXT, "one line for people"),
        optional("uses", Shape::Text(Form::AgentUse), "agent that does the work, `name@^1`"),
        optional("needs", Shape::List(&Shape::Text(Form::StageId)), "stages that must have ended well"),
        optional(
            "run_on",
            Shape::Text(Form::OneOf(&["success", "any", "failure", "always"])),
            "how what it needs must have ended; `success` when left out",
        ),
        optional("compensates", Shape::Text(Form::StageId), "stage that it undoes when the run ends badly after it"),
        optional("allow_failure", Shape::Flag, "whether the run may end well though this stage fails"),
        optional("when", Shape::Text(Form::Condition), "CEL; false skips the stage"),
        optional("with", Shape::Table(Form::Text, &Shape::Anything), "parameters of the agent"),
        optional(
            "matrix",
            Shape::Table(Form::Variable, &Shape::Anything),
            "one task for each element: variable and list",
        ),
        optional("max_parallel", Shape::Whole(1, 256), "most tasks at once; 4 when left out"),
        optional("fail_fast", Shape::Flag, "whether a failed task of the matrix lets the rest go; true when left out"),
        optional("produces", Shape::List(&Shape::Object(&PRODUCES)), "files it may write"),
        optional("emits", Shape::List(&Shape::Text(Form::EventRef)), "events it may emit, `Name@1.0`"),
        optional("retries", Shape::Object(&RETRIES), "when and how often to try again"),
        optional("timeout", Shape::Text(Form::Period), "wall time of one attempt; 10m when left out"),
        optional("stage_timeout", Shape::Text(Form::Period), "wall time of all attempts together; 30m when left out"),
        optional("pool", Shape::Text(Form::Name), "worker pool; `default` when left out"),
        optional("approval", Shape::Object(&APPROVAL), "who must agree, instead of `uses`"),
    ],
};

static PRODUCES: Object = Object {
    name: "this element of `produces`",
    doc: "Files that the stage may write, and their artifact type.",
    fields: &[
        required("path", Shape::Text(Form::Glob), "path or glob in the target repository"),
        required("type", Shape::Text(Form::TypeName), "artifact type"),
    ],
};

static RETRIES: Object = Object {
    name: "`retries`",
    doc: "When and how often to try again.",
    fields: &[
        optional("max_attempts", Shape::Whole(1, 20), "tries in all; 4 when left out"),
        optional(
            "backoff",
            Shape::List(&Shape::Text(Form::Period)),
            "waits before the second, third, … try; the last one repeats",
        ),
    ],
};

static APPROVAL: Object = Object {
    name: "`approval`",
    doc: "Who must agree before the run goes on.",
    fields: &[
        required("roles", Shape::List(&Shape::Text(Form::OneOf(&ROLES))), "roles that count"),
        optional("min", Shape::Whole(1, 20), "how many people; 1 when left out"),
        optional("expires", Shape::Text(Form::Period), "when the question lapses"),
    ],
};

static ON_FAILURE: Object = Object {
    name: "this element of `on_failure`",
    doc: "What to start when a stage has failed for good.",
    fields: &[
        required("stage", Shape::Text(Form::StageId), "the stage"),
        required("run", Shape::Text(Form::Name), "the blueprint to start"),
    ],
};
