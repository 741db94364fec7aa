//! From a request and definitions to a run that can be decided.

use forgeline_blueprints::{
    Factory,
    config::{Protection as Configured, RuleVerdict},
    needs, plan,
    text::render_text,
    yaml::pointer_token,
};
use forgeline_engine::{
    RunSpec,
    plan::Plan,
    spec::{
        Again, Concurrency, Definitions, Forge, LicenceHeader, PolicyRule, PolicyVerdict, Protection, ProtectionRule,
        PullRequestAt, Target, Trigger, WritePolicy,
    },
};
use forgeline_model::{
    DefinitionRef, Diagnostic, Digest, Event, ProjectId, RunId, RunKey, Timestamp, TraceId, Usd, WorkItem,
    event::EventSource,
    task::AgentBundle,
    work_item::{Reading, understand},
};
use forgeline_registry::Registry;
use forgeline_store::NewRun;
use serde_json::{Map, Value, json};

/// What somebody asks for.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// Definitions in force.
    pub factory: &'a Factory,
    /// Where they came from.
    pub definitions: Definitions,
    /// Contracts in force.
    pub registry: &'a Registry,
    /// Name of the blueprint.
    pub blueprint: &'a str,
    /// Inputs as given, an object.
    pub inputs: Value,
    /// What the run may spend at most, if that is less than the blueprint allows; US dollars.
    pub max_usd: Option<Usd>,
    /// The work item.
    pub item: Option<WorkItem>,
    /// What the work item says in the form that blueprints understand; templates see it as `work_item.spec`.
    pub item_spec: Option<Value>,
    /// `owner/name` of the repository that keeps the work item, if that is not the target.
    pub item_repository: Option<String>,
    /// The pull request that it looks at.
    pub pull_request: Option<PullRequestAt>,
    /// Project.
    pub project: ProjectId,
    /// Kind of target.
    pub forge: Forge,
    /// Target repository.
    pub repository: String,
    /// Branch that a pull request would merge into.
    pub base_branch: String,
    /// Its commit now, 40 hex digits.
    pub base: String,
    /// What starts the run.
    pub trigger: Trigger,
    /// What was asked, see [`RunSpec::trigger_key`].
    pub trigger_key: String,
    /// The event that started it, if one did.
    pub event: Option<Event>,
    /// The run that it tries again, if it does.
    pub again: Option<Again>,
}

/// What a work item's text describes, as templates see it under `work_item.spec`; none when it has no form that is known.
///
/// # Errors
/// The text has the form, with mistakes.
pub fn item_spec(item: &WorkItem, file: &str) -> Result<Option<Value>, Vec<Diagnostic>> {
    Ok(match understand(item, file)?.reading {
        Reading::Service(spec) => Some(json!(spec)),
        Reading::FreeForm => None,
    })
}

pub use forgeline_blueprints::codes::NEEDS_FORM;

/// The run, ready to be decided.
///
/// # Errors
/// Everything that stands in its way, all at once.
pub fn prepare(request: Request<'_>, now: Timestamp) -> Result<NewRun, Vec<Diagnostic>> {
    let mut plan = compile(request.factory, request.registry, request.blueprint, &request.inputs)?;
    if let Some(most) = request.max_usd {
        plan.budget.usd = plan.budget.usd.min(most);
    }
    let agents = bundles(request.factory, &plan)?;
    let id = RunId::of_trigger(&request.trigger_key);
    let home = request.item_repository.as_deref().filter(|home| *home != request.repository);
    let branch = branch(&plan.blueprint.name, request.item.as_ref(), home, &plan.inputs);
    let context = context(&request, &plan, &branch);
    let unmet = unmet(request.factory, request.blueprint, &context);
    if !unmet.is_empty() {
        return Err(unmet);
    }
    let concurrency = concurrency(request.factory, request.blueprint, &context)?;
    let correlation_id = match &request.event {
        Some(event) => event.correlation_id.clone(),
        None => {
            let home = home.unwrap_or(&request.repository);
            request.item.as_ref().map_or_else(|| id.to_string(), |item| format!("{home}#{}", item.id))
        }
    };
    let spec = RunSpec {
        key: RunKey::of_trigger(&request.trigger_key),
        source: EventSource { trace_id: TraceId::of_run(&id), correlation_id, project_id: request.project },
        trigger_key: request.trigger_key,
        trigger: request.trigger,
        target: Target {
            forge: request.forge,
            repository: request.repository,
            base_branch: request.base_branch,
            base: request.base,
            branch,
        },
        item_repository: home.map(str::to_owned),
        item: request.item,
        pull_request: request.pull_request,
        plan,
        definitions: request.definitions,
        policy: policy(request.factory),
        concurrency,
        again: request.again,
        context,
        created_at: now,
        id,
    };
    Ok(NewRun { spec, agents, contracts: request.registry.bundle().clone() })
}

/// The plan of a blueprint with these inputs.
///
/// # Errors
/// Everything that stands in its way.
pub fn compile(
    factory: &Factory,
    registry: &Registry,
    blueprint: &str,
    inputs: &Value,
) -> Result<Plan, Vec<Diagnostic>> {
    plan::compile(factory, &plan::Request { blueprint, inputs, registry })
}

/// What the blueprint reads and a run with these values does not have: `inputs`, `work_item`, ….
pub fn unmet(factory: &Factory, blueprint: &str, context: &Value) -> Vec<Diagnostic> {
    factory.blueprint(blueprint).map_or_else(Vec::new, |definition| needs::unmet(factory, definition, context))
}

/// A work item as conditions and templates see it.
pub fn item_view(item: &WorkItem, spec: Option<&Value>) -> Value {
    let mut view = json!(item);
    if let (Value::Object(view), Some(spec)) = (&mut view, spec) {
        view.insert("spec".into(), spec.clone());
    }
    view
}

/// The concurrency group that the blueprint names, for these inputs and this item.
fn concurrency(factory: &Factory, blueprint: &str, context: &Value) -> Result<Option<Concurrency>, Vec<Diagnostic>> {
    let Some(definition) = factory.blueprint(blueprint) else { return Ok(None) };
    let Some(wanted) = &definition.manifest.concurrency else { return Ok(None) };
    match render_text(&wanted.group, context) {
        Ok(group) => Ok(Some(Concurrency { group, cancel_in_progress: wanted.cancel_in_progress })),
        Err(error) => {
            let fault = Diagnostic::error("FL0603", format!("the concurrency group has no name: {error}"));
            let fault = fault.hint("name in it only what every run of the blueprint has");
            Err(vec![definition.document.at("/concurrency/group", fault)])
        }
    }
}

/// `forgeline/<blueprint>/<item id>-<slug>`; without an item a digest of the inputs stands for it. An item of another
/// repository, its `home`, has that one's name before it, for the target may have an item of the same number.
fn branch(blueprint: &str, item: Option<&WorkItem>, home: Option<&str>, inputs: &Value) -> String {
    let subject = match item {
        Some(item) => {
            let slug = slug_of(&item.title);
            let item = if slug.is_empty() { item.id.to_string() } else { format!("{}-{slug}", item.id) };
            match home {
                Some(home) => format!("{}-{item}", slug_of(home.rsplit('/').next().unwrap_or(home))),
                None => item,
            }
        }
        None => Digest::of(inputs).short(),
    };
    format!("forgeline/{blueprint}/{subject}")
}

/// Lower-case ASCII letters and digits, words joined by `-`, at most 40 characters.
fn slug_of(title: &str) -> String {
    let plain: String =
        title.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { ' ' }).collect();
    let mut slug = String::new();
    for word in plain.split_whitespace() {
        if slug.len() + word.len() + 1 > 40 {
            break;
        }
        if !slug.is_empty() {
            slug.push('-');
        }
        slug.push_str(word);
    }
    slug
}

/// What conditions and templates may name. Ids and times of this run are left out: equal requests have equal contexts,
/// so that their stages have equal keys.
fn context(request: &Request<'_>, plan: &Plan, branch: &str) -> Value {
    let mut roots = Map::new();
    roots.insert("inputs".into(), plan.inputs.clone());
    if let Some(item) = &request.item {
        roots.insert("work_item".into(), item_view(item, request.item_spec.as_ref()));
    }
    let project = request.factory.config.project(request.project.as_str());
    let view = project.map_or_else(|| json!({"id": request.project}), |project| json!(project));
    roots.insert("project".into(), view);
    let blueprint = json!({"name": plan.blueprint.name, "version": plan.blueprint.version});
    roots.insert(
        "run".into(),
        json!({"blueprint": blueprint, "branch": branch, "repository": name(request), "base_branch": request.base_branch}),
    );
    if let Some(event) = &request.event {
        roots.insert("event".into(), event.to_value());
    }
    Value::Object(roots)
}

/// A repository's name, wherever a plain one lies: its place on a machine is no part of the work.
fn name(request: &Request<'_>) -> String {
    match request.forge {
        Forge::Local => request.repository.clone(),
        Forge::Git => {
            let folder = request.repository.rsplit('/').next().unwrap_or_default();
            folder.trim_end_matches(".git").to_owned()
        }
    }
}

/// What the factory says about writing, each line with its place.
fn policy(factory: &Factory) -> WritePolicy {
    let policy = &factory.config.policy;
    let place = |pointer: String| {
        let document = factory.config_document.as_ref()?;
        Some(format!("{}:{}", document.file, document.key_place(&pointer).line))
    };
    let protected = policy.protected.iter().map(|(glob, configured)| ProtectionRule {
        glob: glob.clone(),
        mode: match configured {
            Configured::Block => Protection::Block,
            Configured::NeedsHuman => Protection::NeedsHuman,
            Configured::Allow => Protection::Allow,
        },
        blueprints: Vec::new(),
        place: place(format!("/policy/protected/{}", pointer_token(glob))),
    });
    let licence_headers = policy.licence_header.iter().map(|(glob, text)| LicenceHeader {
        glob: glob.clone(),
        text: text.clone(),
        place: place(format!("/policy/licence_header/{}", pointer_token(glob))),
    });
    let rules = policy.rules.iter().enumerate().map(|(index, rule)| PolicyRule {
        id: rule.id.clone(),
        when: rule.when.clone(),
        verdict: match rule.verdict {
            RuleVerdict::Block => PolicyVerdict::Block,
            RuleVerdict::NeedsHuman => PolicyVerdict::NeedsHuman,
        },
        message: rule.message.clone(),
        place: place(format!("/policy/rules/{index}")),
    });
    WritePolicy {
        protected: protected.collect(),
        labels: policy.labels.clone(),
        states: policy.states.clone(),
        draft: policy.draft.unwrap_or(false),
        reviewers: policy.reviewers.iter().map(|name| name.trim_start_matches('@').to_owned()).collect(),
        licence_headers: licence_headers.collect(),
        rules: rules.collect(),
        approvers: factory.config.roles.get("approve").cloned(),
        max_open_pull_requests: policy.max_open_prs,
    }
}

/// The files of the plan's agents, as their child process gets them.
fn bundles(factory: &Factory, plan: &Plan) -> Result<Vec<AgentBundle>, Vec<Diagnostic>> {
    let mut bundles = Vec::with_capacity(plan.agents.len());
    let mut faults = Vec::new();
    for reference in &plan.agents {
        match bundle(factory, reference) {
            Ok(bundle) => bundles.push(bundle),
            Err(fault) => faults.push(*fault),
        }
    }
    if faults.is_empty() { Ok(bundles) } else { Err(faults) }
}

fn bundle(factory: &Factory, reference: &DefinitionRef) -> Result<AgentBundle, Box<Diagnostic>> {
    let missing = || Box::new(Diagnostic::error("FL0601", format!("the files of agent `{reference}` are gone")));
    let agents = factory.agents();
    let found = agents.iter().find(|agent| agent.reference == *reference).ok_or_else(missing)?;
    let mut files = std::collections::BTreeMap::new();
    for (path, bytes) in found.files.iter() {
        let text = String::from_utf8(bytes.to_vec()).map_err(|_| {
            let fault = Diagnostic::error("FL0602", format!("`{}/{path}` is not UTF-8", found.folder));
            Box::new(fault.hint("an agent's files are text; convert it or take it out"))
        })?;
        files.insert(path.to_owned(), text);
    }
    Ok(AgentBundle { agent: reference.clone(), files })
}

#[cfg(test)]
mod tests {
    use forgeline_model::WorkItem;
    use serde_json::json;

    use super::branch;

    #[test]
    fn a_branch_is_named_from_what_the_run_is_about() {
        let item = |id: &str, title: &str| WorkItem {
            id: id.parse().expect("item id"),
            title: title.into(),
            body: String::new(),
            kind: "issue".into(),
            labels: Vec::new(),
            author: String::new(),
        };
        for (id, title, expected) in [
            ("7", "Orders service", "forgeline/x/7-orders-service"),
            ("7", "../../evil; $(rm) \u{202e}", "forgeline/x/7-evil-rm"),
            ("7", "Größe", "forgeline/x/7-gr-e"),
            ("7", "日本", "forgeline/x/7"),
            ("7", &"long ".repeat(40), "forgeline/x/7-long-long-long-long-long-long-long-long"),
        ] {
            assert_eq!(branch("x", Some(&item(id, title)), None, &json!({})), expected);
        }
        assert!(branch("x", None, None, &json!({"a": 1})).starts_with("forgeline/x/"));
        let routed = branch("x", Some(&item("7", "Orders")), Some("acme/Work.Items"), &json!({}));
        assert_eq!(routed, "forgeline/x/work-items-7-orders");
    }
}
