//! How far a project has come, by the types of its merged artifacts. Pure.

/// Phases in their order, each with the artifact types that begin it.
const PHASES: [(&str, &[&str]); 5] = [
    ("vision", &["VisionDocument", "Backlog"]),
    ("architecture", &["ArchitectureDecision", "EventContracts", "OpenApiDocument"]),
    ("development", &["SourceCode", "TestCode", "Migration"]),
    ("deployment", &["ContainerFile", "Pipeline", "Manifest", "Infrastructure"]),
    ("release", &["ReleaseDocument", "Changelog", "Runbook", "AlertRules"]),
];

/// The furthest phase that a merged artifact belongs to; `open` before the first.
pub fn of(merged: &[&str]) -> &'static str {
    let reached = |(_, types): &&(&str, &[&str])| types.iter().any(|wanted| merged.contains(wanted));
    PHASES.iter().rev().find(reached).map_or("open", |(phase, _)| phase)
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn the_furthest_merged_artifact_counts() {
        for (merged, expected) in [
            (&[][..], "open"),
            (&["DocsPage"], "open"),
            (&["VisionDocument"], "vision"),
            (&["SourceCode", "VisionDocument"], "development"),
        ] {
            assert_eq!(of(merged), expected);
        }
    }
}
