//! The template skill: folders and files beside the manifest become files of the proposal.

use forgeline_blueprints::{
    agent::{TemplateFile, TemplateWork},
    text::{self, Context},
};
use forgeline_engine::condition::Condition;
use forgeline_model::task::{ProposedFile, TaskFailure, TaskRequest};
use serde_json::Value;

use crate::{
    LoadedAgent,
    artifact::Types,
    failure::{of_text, terminal},
    perform::insert,
};

/// Files ending so are rendered and lose the ending.
const RENDERED: &str = ".hbs";

/// The files of a skill, in path order.
pub(crate) fn files(
    agent: &LoadedAgent,
    work: &TemplateWork,
    context: &Value,
    request: &TaskRequest,
) -> Result<Vec<ProposedFile>, TaskFailure> {
    let types = Types::new(&request.produces, &agent.manifest.output)
        .map_err(|error| terminal("template", format!("a glob is not well formed: {error}")))?;
    let mut rendering = Rendering { agent, request, types, files: Vec::new(), bytes: 0 };
    for entry in &work.templates {
        rendering.entry(entry, context)?;
    }
    let mut files = rendering.files;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    match files.windows(2).find(|pair| pair[0].path == pair[1].path) {
        Some(pair) => {
            Err(terminal("template", format!("two templates write `{}`; give one another name", pair[0].path)))
        }
        None => Ok(files),
    }
}

struct Rendering<'a> {
    agent: &'a LoadedAgent,
    request: &'a TaskRequest,
    types: Types<'a>,
    files: Vec<ProposedFile>,
    bytes: u64,
}

impl Rendering<'_> {
    fn entry(&mut self, entry: &TemplateFile, context: &Value) -> Result<(), TaskFailure> {
        let condition =
            entry.when.as_deref().map(Condition::parse).transpose().map_err(|error| {
                terminal("template", format!("`when` of template `{}`: {}", entry.from, error.message))
            })?;
        let Some(each) = &entry.each else {
            return self.element(entry, condition.as_ref(), context);
        };
        let list = text::resolve(&Value::from(each.as_str()), context)
            .map_err(|error| of_text(&format!("`each` of template `{}`", entry.from), &error))?;
        let Value::Array(elements) = list else {
            return Err(terminal("template", format!("`each` of template `{}`: `{each}` is not a list", entry.from)));
        };
        let mut context = context.clone();
        for element in elements {
            insert(&mut context, entry.variable(), element);
            self.element(entry, condition.as_ref(), &context)?;
        }
        Ok(())
    }

    fn element(&mut self, entry: &TemplateFile, when: Option<&Condition>, context: &Value) -> Result<(), TaskFailure> {
        if let Some(condition) = when {
            let holds = condition
                .evaluate(context)
                .map_err(|error| terminal("template", format!("`when` of template `{}`: {error}", entry.from)))?;
            if !holds {
                return Ok(());
            }
        }
        let prepared = Context::new(context);
        let place = format!("`to` of template `{}`", entry.from);
        let to = text::render_text_in(&entry.to, &prepared).map_err(|error| of_text(&place, &error))?;
        let to = to.strip_prefix("./").unwrap_or(&to);
        let agent = self.agent;
        if entry.from.ends_with('/') {
            let folder = agent.files.range(entry.from.clone()..).take_while(|(path, _)| path.starts_with(&entry.from));
            let mut is_empty = true;
            for (path, content) in folder {
                is_empty = false;
                let inner = &path[entry.from.len()..];
                let inner = text::render_text_in(inner, &prepared).map_err(|error| of_text(path, &error))?;
                let folder = to.trim_end_matches('/');
                let target = if folder.is_empty() { inner } else { format!("{folder}/{inner}") };
                self.file(path, content, &target, &prepared)?;
            }
            return if is_empty { Err(missing(&entry.from)) } else { Ok(()) };
        }
        let content = agent.files.get(&entry.from).ok_or_else(|| missing(&entry.from))?;
        let name = entry.from.rsplit('/').next().unwrap_or(&entry.from);
        let target = if to.is_empty() || to.ends_with('/') { format!("{to}{name}") } else { to.to_owned() };
        self.file(&entry.from, content, &target, &prepared)
    }

    fn file(&mut self, from: &str, content: &str, target: &str, context: &Context) -> Result<(), TaskFailure> {
        let limits = &self.request.limits;
        if self.files.len() >= limits.files as usize {
            return Err(terminal("limit", format!("the agent proposes more than {} files", limits.files)));
        }
        let left = limits.output_bytes.saturating_sub(self.bytes);
        let too_large = || terminal("limit", format!("the agent proposes more than {} bytes", limits.output_bytes));
        let content = if from.ends_with(RENDERED) {
            let most = usize::try_from(left).unwrap_or(usize::MAX);
            self.agent.templates.render_within(from, context, most).map_err(|error| of_text(from, &error))?
        } else if content.len() as u64 > left {
            return Err(too_large());
        } else {
            content.to_owned()
        };
        self.bytes += content.len() as u64;
        let path = target.strip_suffix(RENDERED).unwrap_or(target).to_owned();
        let artifact_type = self.types.of(&path).to_owned();
        self.files.push(ProposedFile { path, artifact_type, content });
        Ok(())
    }
}

fn missing(from: &str) -> TaskFailure {
    terminal("template", format!("the agent has no file `{from}`; a folder's name ends in `/`"))
}
