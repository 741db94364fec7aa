//! The fields of `agent.yaml`.

use crate::{
    form::Form,
    shape::{Field, Object, Shape, optional, required},
};

const TEXT: Shape = Shape::Text(Form::Text);
const TEXTS: Shape = Shape::List(&TEXT);
const NAMES: Shape = Shape::List(&Shape::Text(Form::Name));
const GLOBS: Shape = Shape::List(&Shape::Text(Form::Glob));
const VALUES: Shape = Shape::Table(Form::Text, &Shape::Anything);

const SKILL_ID: Field = required("id", Shape::Text(Form::Name), "its id, unique in the agent");
const SKILL_KIND: Field = required(
    "kind",
    Shape::Text(Form::OneOf(&["template", "model", "command", "tool", "composite", "contract_review"])),
    "what the skill does",
);

/// The whole file.
pub static SHAPE: Object = Object {
    name: "the agent",
    doc: "Who does a stage's work: skills, output contracts, permissions.",
    fields: &[
        required("apiVersion", Shape::Text(Form::Exactly(crate::API_VERSION)), "version of the language"),
        required("kind", Shape::Text(Form::Exactly("Agent")), "what this file is"),
        required("metadata", Shape::Object(&METADATA), "name, version and owners"),
        optional(
            "inputs",
            Shape::JsonSchema,
            "JSON Schema of its parameters: `with` and the matrix variable of a stage",
        ),
        required(
            "skills",
            Shape::List(&Shape::ByKind(SKILLS)),
            "ways of doing the work; the first available one does it",
        ),
        optional("context", Shape::Object(&CONTEXT), "what it is told besides its parameters"),
        required("output", Shape::Object(&OUTPUT), "what it hands over"),
        optional("correction", Shape::Object(&CORRECTION), "how small failures are put right"),
        optional("permissions", Shape::Object(&PERMISSIONS), "what it may do; nothing when left out"),
    ],
};

static METADATA: Object = Object {
    name: "`metadata`",
    doc: "Who the agent is.",
    fields: &[
        required("name", Shape::Text(Form::Name), "the folder's name"),
        required("version", Shape::Text(Form::Version), "semantic version, changed with every published change"),
        optional("owners", TEXTS, "users and teams that answer for it"),
        optional("group", Shape::Text(Form::Name), "group in the catalogue, `development`"),
        optional("title", TEXT, "one line for people"),
        optional("description", TEXT, "a paragraph for people"),
    ],
};

static SKILLS: &[(&str, &Object)] = &[
    ("template", &TEMPLATE),
    ("model", &MODEL),
    ("command", &COMMAND),
    ("tool", &TOOL),
    ("composite", &COMPOSITE),
    ("contract_review", &CONTRACT_REVIEW),
];

static CONTRACT_REVIEW: Object = Object {
    name: "this `contract_review` skill",
    doc: "Judges the contracts that a pull request changes; its output `review` is shown on the pull request.",
    fields: &[SKILL_ID, SKILL_KIND],
};

static TEMPLATE: Object = Object {
    name: "this `template` skill",
    doc: "Renders files.",
    fields: &[
        SKILL_ID,
        SKILL_KIND,
        optional("templates", Shape::List(&Shape::Object(&TEMPLATE_FILE)), "what to render"),
        optional("outputs", VALUES, "values for later stages; exactly one `{{reference}}` keeps the value's type"),
        optional(
            "events",
            Shape::Table(Form::TypeName, &VALUES),
            "fields of the events that it emits, by contract name",
        ),
    ],
};

static TEMPLATE_FILE: Object = Object {
    name: "this template",
    doc: "A file or a folder to render.",
    fields: &[
        required("from", Shape::Text(Form::OwnPath), "file, or folder ending in `/`, beside this file"),
        required("to", Shape::Text(Form::Template), "path in the target repository; a folder ends in `/`"),
        optional("each", Shape::Text(Form::Template), "a reference to a list: once for each element"),
        optional("as", Shape::Text(Form::Variable), "name of the element; `item` when left out"),
        optional("when", Shape::Text(Form::Condition), "CEL; false leaves it out"),
    ],
};

static MODEL: Object = Object {
    name: "this `model` skill",
    doc: "Asks a language model.",
    fields: &[
        SKILL_ID,
        SKILL_KIND,
        required("prompt", Shape::Text(Form::OwnPath), "template of the prompt, beside this file"),
        optional("output_schema", Shape::Text(Form::OwnPath), "JSON Schema of the answer, beside this file"),
        optional("model", Shape::Text(Form::Name), "name of a model of the operator's configuration"),
        optional("limits", Shape::Object(&MODEL_LIMITS), "bounds of one task"),
    ],
};

static MODEL_LIMITS: Object = Object {
    name: "`limits`",
    doc: "Bounds of a model skill in one task.",
    fields: &[
        optional("calls", Shape::Whole(1, 100), "calls"),
        optional("tokens", Shape::Whole(1, 10_000_000), "tokens in and out"),
    ],
};

static COMMAND: Object = Object {
    name: "this `command` skill",
    doc: "Runs a command in the sandbox.",
    fields: &[
        SKILL_ID,
        SKILL_KIND,
        required("run", TEXTS, "program and arguments; never a shell"),
        optional("reads", GLOBS, "files that it may read"),
    ],
};

static TOOL: Object = Object {
    name: "this `tool` skill",
    doc: "Calls tools of an MCP server.",
    fields: &[
        SKILL_ID,
        SKILL_KIND,
        required("server", Shape::Text(Form::Name), "name of a server of the operator's configuration"),
        optional("tools", TEXTS, "tools that it may call"),
    ],
};

static COMPOSITE: Object = Object {
    name: "this `composite` skill",
    doc: "Does other skills of this agent one after the other.",
    fields: &[SKILL_ID, SKILL_KIND, required("steps", NAMES, "ids of skills of this agent")],
};

static CONTEXT: Object = Object {
    name: "`context`",
    doc: "What the agent is told besides its parameters.",
    fields: &[
        optional("artifacts", Shape::List(&Shape::Text(Form::TypeName)), "types of earlier artifacts of the run"),
        optional("knowledge", Shape::Object(&KNOWLEDGE), "hits of the knowledge index"),
        optional("files", GLOBS, "files of the target repository"),
    ],
};

static KNOWLEDGE: Object = Object {
    name: "`knowledge`",
    doc: "A question to the knowledge index.",
    fields: &[
        optional("query", Shape::Text(Form::Template), "what to look for; the work item's title when left out"),
        optional("k", Shape::Whole(1, 50), "most hits; 8 when left out"),
        optional("max_tokens", Shape::Whole(1, 100_000), "most tokens of all hits together; 3000 when left out"),
    ],
};

static OUTPUT: Object = Object {
    name: "`output`",
    doc: "What the agent hands over.",
    fields: &[
        required("type", Shape::Text(Form::TypeName), "artifact type of what it writes"),
        optional("validators", NAMES, "validators that every file must pass"),
        optional(
            "types",
            Shape::Table(Form::Glob, &Shape::Text(Form::TypeName)),
            "artifact types of other files, by glob",
        ),
    ],
};

static CORRECTION: Object = Object {
    name: "`correction`",
    doc: "How small failures are put right.",
    fields: &[
        optional("fixers", NAMES, "deterministic fixers, in this order"),
        optional("model_repairs", Shape::Whole(0, 5), "model calls for what the fixers leave"),
    ],
};

static PERMISSIONS: Object = Object {
    name: "`permissions`",
    doc: "What the agent may do.",
    fields: &[
        optional("network", Shape::Text(Form::OneOf(&["none"])), "network: there is none"),
        optional("commands", NAMES, "programs that a command skill may start"),
    ],
};
