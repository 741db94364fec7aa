//! The fields of `forgeline.yaml` and of the operator's file.

use crate::{
    form::Form,
    shape::{Object, Shape, optional, required},
};

const TEXT: Shape = Shape::Text(Form::Text);
const TEXTS: Shape = Shape::List(&TEXT);
const NAMES: Shape = Shape::List(&Shape::Text(Form::Name));
const REPOSITORY: Shape = Shape::Text(Form::Repository);

/// `forgeline.yaml`.
pub static SHAPE: Object = Object {
    name: "`forgeline.yaml`",
    doc: "What a factory's repository says about projects, targets, roles and policy. It can only narrow.",
    fields: &[
        required("apiVersion", Shape::Text(Form::Exactly(crate::API_VERSION)), "version of the language"),
        required("kind", Shape::Text(Form::Exactly("Factory")), "what this file is"),
        optional("targets", Shape::List(&Shape::Text(Form::Glob)), "repositories that it may write to, `acme/*`"),
        optional("projects", Shape::List(&Shape::Object(&PROJECT)), "projects"),
        optional("routes", Shape::List(&Shape::Object(&ROUTE)), "where work items of an area go"),
        optional("roles", Shape::Table(Form::Name, &NAMES), "roles by action: `run`, `approve`"),
        optional("policy", Shape::Object(&POLICY), "bounds of the write gate"),
        optional("flags", Shape::Table(Form::Variable, &Shape::Flag), "feature flags"),
    ],
};

static PROJECT: Object = Object {
    name: "this project",
    doc: "A project.",
    fields: &[
        required("id", Shape::Text(Form::ProjectId), "its id"),
        optional("title", TEXT, "one line for people"),
        optional("repositories", Shape::List(&REPOSITORY), "`owner/name` of its repositories"),
        optional("owners", TEXTS, "users and teams that answer for it"),
        optional("stakeholders", TEXTS, "who wants to know"),
        optional(
            "criticality",
            Shape::Text(Form::OneOf(&["low", "medium", "high", "critical"])),
            "how bad a failure is",
        ),
        optional("deadline", Shape::Text(Form::Date), "date"),
        optional("goals", TEXTS, "what it is for"),
        optional("risks", TEXTS, "what may go wrong"),
        optional("budget", Shape::Object(&BUDGET), "what it may spend"),
    ],
};

static BUDGET: Object = Object {
    name: "`budget`",
    doc: "What a project may spend.",
    fields: &[
        optional("usd_per_day", Shape::Text(Form::Usd), "US dollars a day"),
        optional("tokens_per_day", Shape::Whole(0, 1_000_000_000_000), "model tokens a day"),
    ],
};

static ROUTE: Object = Object {
    name: "this route",
    doc: "Where work items of an area go.",
    fields: &[
        required("area_path", TEXT, "area path, `Shop\\Orders`"),
        required("repository", REPOSITORY, "`owner/name`"),
    ],
};

static POLICY: Object = Object {
    name: "`policy`",
    doc: "Bounds of the write gate.",
    fields: &[
        optional(
            "protected",
            Shape::Table(Form::Glob, &Shape::Text(Form::OneOf(&["block", "needs-human", "allow"]))),
            "what happens to a proposal that touches these globs",
        ),
        optional("max_open_prs", Shape::Whole(1, 1000), "most open pull requests of Forgeline in a repository"),
        optional("draft", Shape::Flag, "whether pull requests are opened as drafts"),
        optional("approval", NAMES, "roles that must approve before anything is published"),
    ],
};

/// The operator's file, for editors. The reader of that file lives with the program that uses it.
pub static OPERATOR_SHAPE: Object = Object {
    name: "the operator's file",
    doc: "What the person who runs Forgeline decides: forges, models, stores. Secrets are references, never values.",
    fields: &[
        required("apiVersion", Shape::Text(Form::Exactly(crate::API_VERSION)), "version of the language"),
        required("kind", Shape::Text(Form::Exactly("Operator")), "what this file is"),
        optional("factories", TEXTS, "factory repositories"),
        optional(
            "forges",
            Shape::Table(Form::Variable, &Shape::Table(Form::Variable, &Shape::Anything)),
            "forges and their secret references",
        ),
        optional(
            "models",
            Shape::Table(Form::Name, &Shape::Table(Form::Variable, &Shape::Anything)),
            "language models",
        ),
        optional("store", Shape::Table(Form::Variable, &Shape::Anything), "where state is kept"),
        optional("sandbox", Shape::Table(Form::Variable, &Shape::Anything), "how tasks are confined"),
        optional("limits", Shape::Table(Form::Variable, &Shape::Anything), "ceilings that no repository can raise"),
    ],
};
