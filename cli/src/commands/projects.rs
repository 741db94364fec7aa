//! `forgeline projects`: what the factory works on, and how far each has come.

mod phase;
pub mod serving;

use clap::Subcommand;
use forgeline_blueprints::config::Project;
use forgeline_store::ArtifactRow;
use serde_json::{Value, json};

use super::{Session, artifacts, blueprints::mention_errors};
use crate::{
    definitions,
    exit::{Exit, Failure},
};

/// Look at projects, as `forgeline.yaml` names them.
///
/// Example: `forgeline projects show shop`
#[derive(Debug, Subcommand)]
pub enum Projects {
    /// List projects with their phase.
    List,
    /// Show a project and what has been made for it.
    Show {
        /// Its id.
        id: String,
    },
    /// Show which factory serves which repository, and why.
    Serving,
}

impl Projects {
    pub async fn perform(self, session: &Session) -> anyhow::Result<Exit> {
        let in_force = definitions::load(session)?;
        mention_errors(&in_force);
        let projects = &in_force.factory.config.projects;
        let made = session.look().await?.store.artifacts(None, None).await?;
        match self {
            Self::Serving => {
                let runner = session.look().await?;
                serving::print(session, &serving::lines(&runner, &in_force).await?);
                runner.store.close().await;
            }
            Self::List => list(session, projects, &made),
            Self::Show { id } => {
                let project = projects.iter().find(|project| project.id.as_str() == id).ok_or_else(|| {
                    let known = projects.iter().map(|project| project.id.as_str());
                    let hint = if projects.is_empty() {
                        "`forgeline.yaml` names none".to_owned()
                    } else {
                        forgeline_blueprints::suggest::hint(&id, known)
                    };
                    Failure::new(Exit::NotFound, format!("there is no project `{id}`; {hint}"))
                })?;
                show(session, project, &of(project, &made));
            }
        }
        Ok(Exit::Success)
    }
}

fn of<'a>(project: &Project, made: &'a [ArtifactRow]) -> Vec<&'a ArtifactRow> {
    made.iter().filter(|row| row.project == project.id.as_str()).collect()
}

fn merged_types<'a>(made: &[&'a ArtifactRow]) -> Vec<&'a str> {
    let mut types: Vec<&str> =
        made.iter().filter(|row| row.merged.is_some()).map(|row| row.artifact_type.as_str()).collect();
    types.sort_unstable();
    types.dedup();
    types
}

fn list(session: &Session, projects: &[Project], made: &[ArtifactRow]) {
    let value = |project: &Project| {
        let made = of(project, made);
        let merged = merged_types(&made);
        json!({
            "id": project.id, "title": project.title, "phase": phase::of(&merged), "merged": merged,
            "artifacts": made.len(), "repositories": project.repositories, "criticality": project.criticality,
            "deadline": project.deadline,
        })
    };
    let values: Vec<Value> = projects.iter().map(value).collect();
    session.out.print("projects", &values, || {
        if projects.is_empty() {
            return "`forgeline.yaml` names no project; work without one belongs to `default`\n".to_owned();
        }
        let text = |value: &Value| value.as_str().unwrap_or("—").to_owned();
        let row = |value: &Value| {
            let repositories: Vec<String> = value["repositories"].as_array().into_iter().flatten().map(text).collect();
            vec![
                text(&value["id"]),
                text(&value["phase"]),
                value["artifacts"].to_string(),
                repositories.join(", "),
                text(&value["deadline"]),
                text(&value["title"]),
            ]
        };
        session.out.table(
            &["PROJECT", "PHASE", "ARTIFACTS", "REPOSITORIES", "DEADLINE", "TITLE"],
            &values.iter().map(row).collect::<Vec<_>>(),
        )
    });
}

fn show(session: &Session, project: &Project, made: &[&ArtifactRow]) {
    let merged = merged_types(made);
    let value = json!({
        "project": project, "phase": phase::of(&merged), "merged": merged,
        "artifacts": made.iter().map(|row| json!({
            "number": row.id, "type": row.artifact_type, "path": row.path, "status": artifacts::status(row), "run": row.run,
        })).collect::<Vec<_>>(),
    });
    session.out.print("project", &value, || {
        let mut text = format!(
            "project       {}\ntitle         {}\nphase         {}\nrepositories  {}\nowners        {}\n",
            project.id,
            project.title,
            phase::of(&merged),
            project.repositories.join(", "),
            project.owners.join(", ")
        );
        for (name, list) in
            [("goals", &project.goals), ("risks", &project.risks), ("stakeholders", &project.stakeholders)]
        {
            if !list.is_empty() {
                text.push_str(&format!("{name:<13} {}\n", list.join("; ")));
            }
        }
        if let Some(deadline) = &project.deadline {
            text.push_str(&format!("deadline      {deadline}\n"));
        }
        let row = |row: &&ArtifactRow| {
            vec![
                row.id.to_string(),
                row.artifact_type.clone(),
                artifacts::status(row).to_owned(),
                row.path.clone(),
                row.run.clone(),
            ]
        };
        text.push('\n');
        text.push_str(
            &session.out.table(&["NO", "TYPE", "STATUS", "PATH", "RUN"], &made.iter().map(row).collect::<Vec<_>>()),
        );
        text
    });
}
