//! A work item.

use std::path::Path;

use forgeline_model::{
    WorkItem,
    work_item::{MAX_WORK_ITEM_BYTES, Reading, read_text, understand},
};

use super::Checked;
use crate::input;

pub(super) fn check(path: &Path) -> anyhow::Result<Checked> {
    let shown = path.display().to_string();
    let bytes = input::read(path, "work item", MAX_WORK_ITEM_BYTES as u64 + 1)?;
    let text = match read_text(&shown, &bytes) {
        Ok(text) => text,
        Err(finding) => return Ok(Checked { what: format!("work item `{shown}`"), findings: vec![*finding] }),
    };
    let item = WorkItem {
        id: "file-item".parse().expect("letters and a dash"),
        title: text.title,
        body: text.body,
        kind: "file".into(),
        labels: Vec::new(),
        author: String::new(),
    };
    Ok(match understand(&item, &shown) {
        Err(findings) => Checked { what: format!("work item `{shown}`"), findings },
        Ok(understood) => {
            let what = match &understood.reading {
                Reading::Service(spec) => {
                    format!("work item `{shown}`: service `{}` with {} entities", spec.name, spec.entities.len())
                }
                Reading::FreeForm => {
                    format!("work item `{shown}`: free text; a blueprint that needs entities asks for them")
                }
            };
            Checked { what, findings: understood.warnings }
        }
    })
}
