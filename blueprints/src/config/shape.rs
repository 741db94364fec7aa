//! The fields of `forgeline.yaml` and of the operator's file.

use super::{ROLES, STANDINGS};
use crate::{
    form::Form,
    shape::{Field, Object, Shape, optional, required},
};

const TEXT: Shape = Shape::Text(Form::Text);
const TEXTS: Shape = Shape::List(&TEXT);
const ROLE_NAMES: Shape = Shape::List(&Shape::Text(Form::OneOf(&ROLES)));
const REPOSITORY: Shape = Shape::Text(Form::Repository);
const TARGETS: Shape = Shape::List(&Shape::Text(Form::Target));

/// `forgeline.yaml`.
pub static SHAPE: Object = Object {
    name: "`forgeline.yaml`",
    doc: "What a factory's repository says about projects, targets, roles and policy. It can only narrow.",
    fields: &[
        required("apiVersion", Shape::Text(Form::Exactly(crate::API_VERSION)), "version of the language"),
        required("kind", Shape::Text(Form::Exactly("Factory")), "what this file is"),
        optional(
            "targets",
            TARGETS,
            "repositories that it may write to, `acme/*` or `github:acme/*`; its own otherwise",
        ),
        optional("trackers", TARGETS, "repositories that keep work items only: nothing is written to them"),
        optional("projects", Shape::List(&Shape::Object(&PROJECT)), "projects"),
        optional(
            "routes",
            Shape::List(&Shape::Object(&ROUTE)),
            "which repository a work item is about; the first that fits",
        ),
        optional("roles", Shape::Table(Form::Name, &ROLE_NAMES), "roles by action: `run`, `approve`"),
        optional("policy", Shape::Object(&POLICY), "bounds of the write gate"),
        optional("contracts", Shape::Object(&CONTRACTS), "a registry of contracts with a repository of its own"),
        optional("flags", Shape::Table(Form::Variable, &Shape::Flag), "feature flags"),
    ],
};

static CONTRACTS: Object = Object {
    name: "`contracts`",
    doc: "Where the contracts come from, when they have a repository of their own instead of `schema-registry/`.",
    fields: &[
        required("repository", Shape::Text(Form::RepositoryOrPath), "the registry's repository"),
        optional("path", Shape::Text(Form::OwnPath), "folder of the registry in it; its root otherwise"),
        optional("branch", TEXT, "branch whose newest commit counts; the default branch otherwise"),
        optional("commit", TEXT, "commit that counts for good, 40 hexadecimal digits; then `branch` stays out"),
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
    doc: "Where work items go that are all of this. It says at least one thing of them.",
    fields: &[
        optional("area_path", TEXT, "area path and what is below it, `Shop\\Orders`"),
        optional("label", TEXT, "a label, or a tag"),
        optional("type", TEXT, "type of the work item, `Bug`"),
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
        optional(
            "max_open_prs",
            Shape::Whole(1, 1000),
            "most open pull requests of Forgeline in a repository; 10 otherwise",
        ),
        optional("draft", Shape::Flag, "whether pull requests are opened as drafts"),
        optional(
            "reviewers",
            TEXTS,
            "who is asked to review a pull request when it is opened: logins, and teams as `organization/team`",
        ),
        optional("approval", ROLE_NAMES, "roles that must approve before anything is published"),
        optional("escalation", Shape::List(&Shape::Object(&ESCALATION)), "who is told of dead letters, and when"),
        optional(
            "limits",
            Shape::Object(&RUN_LIMITS),
            "how many runs may begin in an hour; lower than the default only",
        ),
        optional("licence_header", Shape::Table(Form::Glob, &TEXT), "text that the first line of files must hold"),
        optional("rules", Shape::List(&Shape::Object(&RULE)), "rules of the factory's own"),
        optional(
            "labels",
            Shape::Table(Form::OneOf(&STANDINGS), &TEXT),
            "label of a work item by how far the work on it is; it goes when that is true no more",
        ),
        optional(
            "states",
            Shape::Table(Form::OneOf(&STANDINGS), &Shape::Text(Form::OneOf(&["open", "closed"]))),
            "state of a work item by how far the work on it is",
        ),
    ],
};

const CRITICALITY: Shape = Shape::Text(Form::OneOf(&["low", "medium", "high", "critical"]));

static ESCALATION: Object = Object {
    name: "this escalation",
    doc: "Dead letters that people are told of. A letter that fits any of these is told.",
    fields: &[
        optional("criticality", CRITICALITY, "projects at least as critical as this; all otherwise"),
        optional(
            "severity",
            Shape::Text(Form::OneOf(&["info", "warning", "error", "critical"])),
            "letters at least as severe as this; all otherwise",
        ),
        optional("agents", TEXTS, "letters of these agents; of all otherwise"),
        optional("kinds", TEXTS, "letters of these kinds of error; of all otherwise"),
        optional("count", Shape::Whole(1, 1000), "how many open letters of one cause it takes; 1 otherwise"),
        optional("within", Shape::Text(Form::Period), "in which time; `1h` otherwise"),
        optional(
            "to",
            Shape::List(&Shape::Text(Form::Name)),
            "channels that the operator names under `notify`; all of them otherwise",
        ),
    ],
};

static RUN_LIMITS: Object = Object {
    name: "`limits`",
    doc: "How many runs may begin in an hour.",
    fields: &[
        optional("runs_per_actor_per_hour", Shape::Whole(1, 30), "by one person; 30 when left out"),
        optional("runs_per_project_per_hour", Shape::Whole(1, 60), "in one project; 60 when left out"),
    ],
};

static RULE: Object = Object {
    name: "this rule",
    doc: "A rule of the factory's own for the write gate.",
    fields: &[
        required("id", Shape::Text(Form::Name), "its id"),
        required("when", Shape::Text(Form::Condition), "over `file`, `change`, `project`, `blueprint` and `run`"),
        required("verdict", Shape::Text(Form::OneOf(&["block", "needs-human"])), "what happens where it holds"),
        required("message", TEXT, "why, and what to do"),
    ],
};

const SECRET: Shape = Shape::Text(Form::Secret);
const FOLDER: Shape = Shape::Text(Form::HostPath);

/// The operator's file.
pub static OPERATOR_SHAPE: Object = Object {
    name: "the operator's file",
    doc: "What the person who runs Forgeline decides: forges, models, stores. Secrets are references, never values.",
    fields: &[
        required("apiVersion", Shape::Text(Form::Exactly(crate::API_VERSION)), "version of the language"),
        required("kind", Shape::Text(Form::Exactly("Operator")), "what this file is"),
        optional("state_dir", FOLDER, "where state lies"),
        optional("log_format", Shape::Text(Form::OneOf(&["human", "json"])), "form of log lines"),
        optional("knowledge", Shape::Object(&KNOWLEDGE), "the knowledge process"),
        optional("limits", Shape::Object(&LIMITS), "ceilings that no repository can raise"),
        optional("factories", TEXTS, "factory repositories: `owner/name`, a Git URL, or a path"),
        optional("forges", Shape::Object(&FORGES), "forges and their secret references"),
        optional("models", Shape::Table(Form::Name, &Shape::Object(&MODEL)), "language models"),
        optional("store", Shape::Object(&STORE), "where state is kept"),
        optional("sandbox", Shape::Table(Form::Variable, &Shape::Anything), "how tasks are confined"),
        optional("notify", Shape::Table(Form::Name, &Shape::OneField(CHANNEL)), "ways to tell people, by name"),
        optional("audit", Shape::Object(&AUDIT), "where the chain of decisions is witnessed"),
        optional("signing", Shape::Object(&SIGNING), "keys that sign what Forgeline writes"),
        optional("serve", Shape::Object(&SERVE), "what `forgeline serve` listens to"),
    ],
};

const CHANNEL: &[Field] = &[
    optional("webhook", Shape::Object(&WEBHOOK), "a web service; each call is signed"),
    optional("smtp", Shape::Object(&SMTP), "mail"),
    optional("issue", Shape::Object(&ISSUE), "an issue of a repository on the local forge"),
];

static WEBHOOK: Object = Object {
    name: "`webhook`",
    doc: "A web service that gets each notice as JSON, signed as Standard Webhooks says.",
    fields: &[
        required("url", Shape::Text(Form::Url), "address; `https`, or a host and port of your own"),
        required("secret", SECRET, "reference to the key of the signature"),
    ],
};

static SMTP: Object = Object {
    name: "`smtp`",
    doc: "A mail server and who gets mail.",
    fields: &[
        required("host", TEXT, "the server"),
        optional("port", Shape::Whole(1, 65_535), "its port; 587, or 465 for `implicit`, otherwise"),
        optional("tls", Shape::Text(Form::OneOf(&["starttls", "implicit", "none"])), "`starttls` otherwise"),
        optional("ca", TEXT, "file with a certificate to trust besides those of the system"),
        optional("user", TEXT, "who logs in"),
        optional("password", SECRET, "reference to the password"),
        required("from", TEXT, "address of the sender"),
        required("to", TEXTS, "addresses that get the mail"),
    ],
};

static ISSUE: Object = Object {
    name: "`issue`",
    doc: "An issue for each cause.",
    fields: &[
        required("repository", REPOSITORY, "`owner/name` on the local forge"),
        optional("labels", TEXTS, "labels of a new issue"),
    ],
};

static AUDIT: Object = Object {
    name: "`audit`",
    doc: "A place that the server can add to and not rewrite.",
    fields: &[
        required("checkpoint", TEXT, "file to which the end of the chain is appended"),
        optional("key", SECRET, "reference to the key that signs each line"),
    ],
};

static SIGNING: Object = Object {
    name: "`signing`",
    doc: "Keys that sign what Forgeline writes: ed25519 in OpenSSH's form.",
    fields: &[optional("key", SECRET, "signs provenance"), optional("commit_key", SECRET, "signs commits")],
};

static SERVE: Object = Object {
    name: "`serve`",
    doc: "What `forgeline serve` listens to, and how often it looks by itself.",
    fields: &[
        optional("listen", TEXT, "address for webhooks, `127.0.0.1:8080` otherwise"),
        optional("admin", TEXT, "address for health and metrics, `127.0.0.1:9090` otherwise"),
        optional("poll", Shape::Whole(1, 3_600), "seconds between looks when nothing calls; 30 otherwise"),
        optional("proxies", TEXTS, "addresses of proxies that are believed when they say whose request it is"),
    ],
};

static KNOWLEDGE: Object = Object {
    name: "`knowledge`",
    doc: "The knowledge process.",
    fields: &[optional("program", FOLDER, "its executable; `forgeline-knowledge` beside `forgeline` when left out")],
};

static LIMITS: Object = Object {
    name: "`limits`",
    doc: "Ceilings that no repository can raise.",
    fields: &[
        optional("usd", Shape::Text(Form::Usd), "model calls of a run, US dollars"),
        optional("tokens", Shape::Whole(1, 1_000_000_000), "model tokens of a run"),
        optional("wall", Shape::Text(Form::Period), "wall time of a run"),
        optional("timeout", Shape::Text(Form::Period), "wall time of one attempt at a task"),
        optional("tasks", Shape::Whole(1, 256), "tasks of a run at once; 4 when left out"),
    ],
};

static FORGES: Object = Object {
    name: "`forges`",
    doc: "Forges and their secret references.",
    fields: &[
        optional("github", Shape::Object(&GITHUB), "GitHub, as an app or with a token"),
        optional("azure_devops", Shape::Object(&AZURE_DEVOPS), "Azure DevOps"),
    ],
};

static GITHUB: Object = Object {
    name: "`github`",
    doc: "GitHub, as an app or with a token.",
    fields: &[
        optional("app_id", Shape::Whole(1, u64::MAX), "id of the app"),
        optional("private_key", SECRET, "the app's private key"),
        optional("token", SECRET, "personal access token, in place of an app"),
        optional(
            "repositories",
            TEXTS,
            "globs over `owner/name`: where Forgeline may act; all that the credential shows otherwise",
        ),
        optional("webhook_secret", SECRET, "secret of the app's webhook"),
        optional("webhook_secret_previous", SECRET, "the one before it, taken too while it is replaced"),
        optional("base_url", TEXT, "address of the API of a GitHub server of your own, `https://host/api/v3`"),
    ],
};

static AZURE_DEVOPS: Object = Object {
    name: "`azure_devops`",
    doc: "Azure DevOps.",
    fields: &[
        optional("organization", TEXT, "name of the organization; on a server of your own, of the collection"),
        optional("token", SECRET, "personal access token"),
        optional("tenant", TEXT, "directory of a service principal, in place of a token"),
        optional("client_id", TEXT, "application id of the service principal"),
        optional("client_secret", SECRET, "secret of the service principal"),
        optional("authority", TEXT, "address where the directory makes tokens, when not Microsoft's"),
        optional(
            "work_items",
            Shape::Table(Form::Text, &TEXT),
            "repository whose issues a project's work items are, by project",
        ),
        optional(
            "repositories",
            TEXTS,
            "globs over `project/repository`: where Forgeline may act; all that the credential shows otherwise",
        ),
        optional("hook_secret", SECRET, "secret of the service hooks"),
        optional("hook_secret_previous", SECRET, "the one before it, taken too while it is replaced"),
        optional("base_url", TEXT, "address of a server of your own"),
    ],
};

static MODEL: Object = Object {
    name: "this model",
    doc: "A language model.",
    fields: &[
        optional("style", TEXT, "the protocol that it speaks, `openai`"),
        optional("base_url", TEXT, "address"),
        optional("model", TEXT, "name"),
        optional("key", SECRET, "key of its provider"),
    ],
};

static STORE: Object = Object {
    name: "`store`",
    doc: "Where state is kept.",
    fields: &[optional("sqlite", Shape::Text(Form::Exactly("default")), "in the state directory")],
};
