//! Work items: what a person asks for, as their forge holds it, and the service that its text describes.
//!
//! [`read_text`] takes a file, [`WorkItem`] is what forges give, [`understand`] finds the [`ServiceSpec`] in it.

mod clean;
mod entity;
mod free_form;
mod notes;
mod reader;
mod references;
mod sections;
mod spec;
mod text;

pub use clean::clean;
pub use free_form::prefilled_form;
pub use reader::{Reading, Understood, understand};
pub use spec::{Change, EntitySpec, EventSpec, FieldSpec, FieldType, RuleSpec, ServiceSpec};
pub use text::{MAX_WORK_ITEM_BYTES, TextItem, read_text};

use serde::{Deserialize, Serialize};

use crate::ItemId;

/// An issue or work item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkItem {
    /// Its number on the forge, or `file-<name>` when it came from a file.
    pub id: ItemId,
    /// One line.
    pub title: String,
    /// Markdown, without the title.
    pub body: String,
    /// `issue` on GitHub and the local forge; the type's name on Azure DevOps.
    pub kind: String,
    /// Labels or tags.
    #[serde(default)]
    pub labels: Vec<String>,
    /// Who wrote it.
    #[serde(default)]
    pub author: String,
}
