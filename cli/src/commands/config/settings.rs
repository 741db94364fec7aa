//! Every setting with its value and origin. Only settings that this build honours are named.

use forgeline_blueprints::config::{Protection, operator::OperatorFile};
use forgeline_engine::plan::{Budget, RetryPolicy};
use forgeline_model::{task::TaskLimits, work_item::MAX_WORK_ITEM_BYTES};

use crate::{
    app,
    commands::{Session, serve, wording::duration},
    definitions::InForce,
    telemetry::LogFormat,
};

/// A setting.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Setting {
    /// Dotted name.
    pub(super) name: String,
    /// For people.
    pub(super) value: String,
    /// Flag, variable, file and line, or default.
    pub(super) origin: String,
}

impl Setting {
    fn new(name: impl Into<String>, value: impl Into<String>, origin: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into(), origin: origin.into() }
    }
}

/// All of them. `variable` reads the environment.
pub(super) fn all(session: &Session, in_force: &InForce, variable: impl Fn(&str) -> Option<String>) -> Vec<Setting> {
    let operator = &session.operator.file;
    let mut all = places(session, in_force, &variable);
    all.extend(processes(session, &variable));
    all.extend(bounds(operator));
    all.extend(factory(in_force));
    all.extend(signing(operator));
    all.extend(server(session, &variable));
    all.extend(others(operator));
    all
}

/// Where things lie.
fn places(session: &Session, in_force: &InForce, variable: &impl Fn(&str) -> Option<String>) -> Vec<Setting> {
    let global = &session.global;
    let state = session.state.display().to_string();
    let state_origin = match (&global.state_dir, session.operator.file.origin("/state_dir")) {
        (Some(_), _) => given("--state-dir", "FORGELINE_STATE_DIR", &state, variable),
        (None, Some(line)) => line,
        (None, None) if session.ci.as_ref().is_some_and(|ci| ci.scratch.is_some()) => "the job's folder".to_owned(),
        (None, None) if variable("XDG_STATE_HOME").is_some() => "variable XDG_STATE_HOME".to_owned(),
        (None, None) => "default".to_owned(),
    };
    let operator = match &session.operator.found {
        None => Setting::new("config", "none", "default"),
        Some((file, why)) => Setting::new("config", file.display().to_string(), *why),
    };
    let factory_origin = match &global.factory {
        Some(folder) => given("--factory", "FORGELINE_FACTORY", &folder.display().to_string(), variable),
        None if in_force.factory.config_document.is_some() => "`forgeline.yaml` here or above".to_owned(),
        None => "default".to_owned(),
    };
    vec![
        Setting::new("state_dir", &state, state_origin),
        operator,
        Setting::new("factory", &in_force.source.origin, factory_origin),
        contracts(in_force),
        Setting::new("knowledge.index_dir", format!("{state}/knowledge/default/private"), "below state_dir"),
    ]
}

/// Where the contracts come from.
fn contracts(in_force: &InForce) -> Setting {
    match &in_force.source.contracts {
        Some(from) => Setting::new("contracts", from.to_string(), "`contracts` in `forgeline.yaml`"),
        None => Setting::new("contracts", "`schema-registry/` of the factory, over the built-in ones", "default"),
    }
}

/// A value that the variable holds came from there; any other was typed.
fn given(flag: &str, name: &str, value: &str, variable: &impl Fn(&str) -> Option<String>) -> String {
    if variable(name).as_deref() == Some(value) { format!("variable {name}") } else { format!("flag {flag}") }
}

/// What other processes and services are told, and how this one speaks.
fn processes(session: &Session, variable: &impl Fn(&str) -> Option<String>) -> Vec<Setting> {
    let operator = &session.operator.file;
    let one = |name: &str, from: &str, otherwise: &str| match variable(from).filter(|value| !value.is_empty()) {
        Some(value) => Setting::new(name, value, format!("variable {from}")),
        None => Setting::new(name, otherwise, "default"),
    };
    let mut program = one("knowledge.program", app::KNOWLEDGE_VARIABLE, "`forgeline-knowledge` beside this program");
    if let (Some(named), Some(line)) = (&operator.config.knowledge.program, operator.origin("/knowledge/program"))
        && program.origin == "default"
    {
        program = Setting::new("knowledge.program", named.display().to_string(), line);
    }
    let log_format = match app::log_format(&session.global, &session.operator) {
        LogFormat::Human => "human",
        LogFormat::Json => "json",
    };
    let log_origin = match session.global.log_format {
        Some(_) => given("--log-format", "FORGELINE_LOG_FORMAT", log_format, variable),
        None => operator.origin("/log_format").unwrap_or_else(|| "default".into()),
    };
    vec![
        Setting::new("log_format", log_format, log_origin),
        program,
        one("knowledge.onnx_runtime", "ORT_DYLIB_PATH", "`onnxruntime/` in the cache, else the system's"),
        one("knowledge.model_dir", "FORGELINE_MODEL_DIR", "the model that comes with Forgeline"),
        one("telemetry.endpoint", "OTEL_EXPORTER_OTLP_ENDPOINT", "off"),
    ]
}

/// Bounds of runs, and who may change each.
fn bounds(operator: &OperatorFile) -> Vec<Setting> {
    let (task, retry, budget) = (TaskLimits::default(), RetryPolicy::default(), Budget::default());
    let waits: Vec<String> = retry.backoff_ms.iter().map(|wait| duration(*wait)).collect();
    let bytes =
        |bytes: u64| if bytes >= 1 << 20 { format!("{} MiB", bytes >> 20) } else { format!("{} KiB", bytes >> 10) };
    vec![
        Setting::new("run.wall", duration(budget.wall_ms), "default; a blueprint's `budget.wall`"),
        Setting::new("task.timeout", duration(task.timeout_ms), "default; a stage's `timeout`"),
        Setting::new("task.attempts", retry.max_attempts.to_string(), "default; a stage's `retries.max_attempts`"),
        Setting::new("task.backoff", format!("{} ± 20 %", waits.join(", ")), "default; a stage's `retries.backoff`"),
        Setting::new("task.memory", bytes(task.memory_bytes), "default"),
        Setting::new("task.output", bytes(task.output_bytes), "default"),
        Setting::new("task.files", task.files.to_string(), "default"),
        Setting::new("work_item.size", bytes(MAX_WORK_ITEM_BYTES as u64), "default"),
    ]
    .into_iter()
    .chain(limits(operator))
    .collect()
}

/// The operator's ceilings.
fn limits(operator: &OperatorFile) -> Vec<Setting> {
    let limits = &operator.config.limits;
    let one =
        |name: &str, value: Option<String>, otherwise: &str| match (value, operator.origin(&format!("/limits/{name}")))
        {
            (Some(value), Some(line)) => Setting::new(format!("limits.{name}"), value, line),
            _ => Setting::new(format!("limits.{name}"), otherwise, "default"),
        };
    vec![
        one("usd", limits.usd.map(|it| it.to_string()), "none"),
        one("tokens", limits.tokens.map(|it| it.to_string()), "none"),
        one("wall", limits.wall.map(|it| duration(it.millis())), "none"),
        one("timeout", limits.timeout.map(|it| duration(it.millis())), "none"),
        one("tasks", limits.tasks.map(|it| it.to_string()), &app::PARALLEL.to_string()),
    ]
}

/// Keys that sign what is written, as references.
fn signing(operator: &OperatorFile) -> Vec<Setting> {
    let keys = &operator.config.signing;
    let one = |name: &str, key: &Option<String>| match key {
        Some(reference) => {
            let line = operator.origin(&format!("/signing/{name}")).unwrap_or_default();
            Setting::new(format!("signing.{name}"), reference.as_str(), line)
        }
        None => Setting::new(format!("signing.{name}"), "none", "default"),
    };
    vec![one("key", &keys.key), one("commit_key", &keys.commit_key)]
}

/// What the server listens to, and the secrets of those who call it, as references.
fn server(session: &Session, variable: &impl Fn(&str) -> Option<String>) -> Vec<Setting> {
    let operator = &session.operator.file;
    let (config, forges) = (&operator.config.serve, &operator.config.forges);
    let listens = [
        ("listen", "FORGELINE_SERVE_LISTEN", config.listen.clone(), serve::LISTEN.to_owned()),
        ("admin", "FORGELINE_SERVE_ADMIN", config.admin.clone(), serve::ADMIN.to_owned()),
        ("poll", "FORGELINE_SERVE_POLL", config.poll.map(|it| format!("{it} s")), format!("{} s", serve::POLL)),
    ];
    let listens = listens.into_iter().map(|(name, from, value, otherwise)| {
        let line = operator.origin(&format!("/serve/{name}"));
        let setting = format!("serve.{name}");
        match (variable(from).filter(|it| !it.is_empty()), value, line) {
            (Some(said), ..) => Setting::new(setting, said, format!("variable {from}")),
            (None, Some(value), Some(line)) => Setting::new(setting, value, line),
            _ => Setting::new(setting, otherwise, "default"),
        }
    });
    let (github, azure) = (&forges.github, &forges.azure_devops);
    let secrets = [
        ("forges/github/webhook_secret", &github.webhook_secret),
        ("forges/github/webhook_secret_previous", &github.webhook_secret_previous),
        ("forges/azure_devops/hook_secret", &azure.hook_secret),
        ("forges/azure_devops/hook_secret_previous", &azure.hook_secret_previous),
    ];
    let secrets = secrets.into_iter().map(|(pointer, reference)| {
        let name = pointer.replace('/', ".");
        match (reference, operator.origin(&format!("/{pointer}"))) {
            (Some(reference), Some(line)) => Setting::new(name, reference.to_string(), line),
            _ => Setting::new(name, "none", "default"),
        }
    });
    let proxies = Setting::new(
        "serve.proxies",
        if config.proxies.is_empty() { "none but this machine".to_owned() } else { config.proxies.join(", ") },
        operator.origin("/serve/proxies").unwrap_or_else(|| "default".into()),
    );
    listens.chain([proxies]).chain(secrets).collect()
}

/// What else the operator's file says, with a note on parts that this build does not have.
fn others(operator: &OperatorFile) -> Vec<Setting> {
    const USED_AS_IT_IS: [&str; 3] = ["/forges/github/", "/forges/azure_devops/", "/factories"];
    const USED: [&str; 12] = [
        "/state_dir",
        "/log_format",
        "/knowledge/",
        "/limits/",
        "/signing/",
        "/notify/",
        "/audit/",
        "/serve/",
        "/forges/github/webhook_secret",
        "/forges/github/webhook_secret_previous",
        "/forges/azure_devops/hook_secret",
        "/forges/azure_devops/hook_secret_previous",
    ];
    let is_of_no_use = |pointer: &str| !USED_AS_IT_IS.iter().any(|used| pointer.starts_with(used));
    let leaves =
        operator.leaves().into_iter().filter(|(pointer, _)| !USED.iter().any(|used| pointer.starts_with(used)));
    leaves
        .map(|(pointer, value)| {
            let name = pointer.trim_start_matches('/').replace('/', ".");
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let line = operator.origin(&pointer).unwrap_or_default();
            let note = if is_of_no_use(&pointer) { " (this build has no use for it)" } else { "" };
            Setting::new(name, format!("{value}{note}"), line)
        })
        .collect()
}

/// What `forgeline.yaml` says, with its lines.
fn factory(in_force: &InForce) -> Vec<Setting> {
    let config = &in_force.factory.config;
    let Some(document) = &in_force.factory.config_document else { return Vec::new() };
    let line = |pointer: &str| format!("{}:{}", document.file, document.key_place(pointer).line);
    let mut all = Vec::new();
    for (index, project) in config.projects.iter().enumerate() {
        let pointer = format!("/projects/{index}");
        let repositories =
            if project.repositories.is_empty() { "no repository".to_owned() } else { project.repositories.join(", ") };
        all.push(Setting::new(format!("projects.{}", project.id), repositories, line(&pointer)));
    }
    for (glob, protection) in &config.policy.protected {
        let word = match protection {
            Protection::Block => "block",
            Protection::NeedsHuman => "needs-human",
            Protection::Allow => "allow",
        };
        let pointer = format!("/policy/protected/{}", glob.replace('~', "~0").replace('/', "~1"));
        all.push(Setting::new(format!("policy.protected.{glob}"), word, line(&pointer)));
    }
    match config.policy.draft {
        Some(draft) => all.push(Setting::new("policy.draft", draft.to_string(), line("/policy/draft"))),
        None => all.push(Setting::new("policy.draft", "false", "default")),
    }
    all
}

#[cfg(test)]
mod tests {
    use forgeline_engine::spec::Definitions;
    use forgeline_model::FileSet;

    use super::factory;
    use crate::definitions::InForce;

    #[test]
    fn a_value_of_the_factory_names_its_line() {
        let mut files = FileSet::new("test");
        files.insert(
            "forgeline.yaml",
            "apiVersion: forgeline.dev/v1\nkind: Factory\npolicy:\n  draft: true\n  protected:\n    \"docs/**\": needs-human\n",
        );
        let in_force = InForce::of_files(
            &files,
            Definitions { origin: "test".into(), commit: None, dirty: true, contracts: None },
        );
        let shown: Vec<(String, String)> =
            factory(&in_force).into_iter().map(|it| (it.name, format!("{} {}", it.value, it.origin))).collect();
        assert_eq!(
            shown,
            [
                ("policy.protected.docs/**".to_owned(), "needs-human forgeline.yaml:6".to_owned()),
                ("policy.draft".to_owned(), "true forgeline.yaml:4".to_owned()),
            ]
        );
    }
}
