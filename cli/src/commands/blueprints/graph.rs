//! A blueprint's graph as text: levels, and what each stage needs.

use std::{collections::BTreeMap, fmt::Write as _};

use forgeline_blueprints::blueprint::Stage;

/// Stage ids by level; a stage stands one level below the lowest that it needs. A circle's stages are left out.
pub fn levels(stages: &[Stage]) -> Vec<Vec<String>> {
    let mut level: BTreeMap<&str, usize> = BTreeMap::new();
    // Each round settles at least one stage, or there is a circle.
    for _ in stages {
        for stage in stages {
            let needs: Option<Vec<usize>> = stage.needs.iter().map(|need| level.get(need.as_str()).copied()).collect();
            if let Some(needs) = needs {
                level.insert(stage.id.as_str(), needs.into_iter().max().map_or(0, |lowest| lowest + 1));
            }
        }
    }
    let depth = level.values().max().map_or(0, |deepest| deepest + 1);
    let at = |wanted: usize| {
        let of_level = stages.iter().filter(|stage| level.get(stage.id.as_str()) == Some(&wanted));
        of_level.map(|stage| stage.id.to_string()).collect()
    };
    (0..depth).map(at).collect()
}

/// Level by level, each stage with its agent and what it needs.
pub fn text(stages: &[Stage]) -> String {
    let width = stages.iter().map(|stage| stage.id.as_str().len()).max().unwrap_or(0);
    let mut text = String::new();
    for (level, ids) in levels(stages).iter().enumerate() {
        for id in ids {
            let Some(stage) = stages.iter().find(|stage| stage.id.as_str() == id) else { continue };
            let agent = stage.uses.as_ref().map_or_else(|| "approval".to_owned(), ToString::to_string);
            let needs: Vec<&str> = stage.needs.iter().map(|need| need.as_str()).collect();
            let needs = if needs.is_empty() { String::new() } else { format!("  ← {}", needs.join(", ")) };
            let each = stage.matrix.keys().next().map(|each| format!("  for each {each}")).unwrap_or_default();
            let when = stage.when.as_ref().map(|when| format!("  when {when}")).unwrap_or_default();
            let _ = writeln!(text, "{:>3}  {id:<width$}  {agent}{needs}{each}{when}", level + 1);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use forgeline_blueprints::blueprint::Stage;
    use serde_json::json;

    use super::{levels, text};

    fn stages(value: serde_json::Value) -> Vec<Stage> {
        serde_json::from_value(value).expect("stages")
    }

    #[test]
    fn a_stage_stands_below_all_it_needs() {
        let stages = stages(json!([
            {"id": "release", "uses": "r@^1", "needs": ["code", "api"]},
            {"id": "api", "uses": "a@^1", "needs": ["vision"]},
            {"id": "code", "uses": "c@^1", "needs": ["api"], "matrix": {"entity": "{{inputs.x}}"}},
            {"id": "vision", "uses": "v@^1"},
        ]));
        assert_eq!(levels(&stages), [vec!["vision"], vec!["api"], vec!["code"], vec!["release"]]);
        assert_eq!(
            text(&stages),
            "  1  vision   v@^1\n  2  api      a@^1  ← vision\n  3  code     c@^1  ← api  for each entity\n  4  release  r@^1  ← code, api\n"
        );
    }

    #[test]
    fn a_circle_ends() {
        let stages =
            stages(json!([{"id": "a", "uses": "x@1", "needs": ["b"]}, {"id": "b", "uses": "x@1", "needs": ["a"]}]));
        assert_eq!(levels(&stages), Vec::<Vec<String>>::new());
    }
}
