//! YAML, JSON and TOML: a piece begins at a top-level element.

use super::pack::{Section, indent, is_blank};

/// One section; breaks at lines of the outermost indentation (the first inside the braces, for JSON).
pub(super) fn sections(lines: &[&str]) -> Vec<Section> {
    let outer = lines.iter().filter(|line| is_element(line)).map(|line| indent(line)).min().unwrap_or(0);
    let starts = |at: usize| is_element(lines[at]) && indent(lines[at]) == outer;
    let breaks = (1..lines.len()).filter(|&at| starts(at)).map(|at| with_comments(lines, at)).collect();
    vec![Section { breadcrumb: String::new(), lines: 0..lines.len(), breaks }]
}

/// A line that says something: not blank, not a lone bracket, not a comment.
fn is_element(line: &str) -> bool {
    let line = line.trim();
    !is_blank(line) && !matches!(line, "{" | "}" | "[" | "]" | "}," | "],") && !line.starts_with('#')
}

/// The first of the comment lines right above `at`.
fn with_comments(lines: &[&str], at: usize) -> usize {
    (1..at).rev().take_while(|&above| lines[above].trim_start().starts_with('#')).last().unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use crate::{chunk::cut, classify::language};

    #[test]
    fn a_large_document_is_cut_at_its_elements() {
        let body: String = (0..40).map(|n| format!("  - name: step-{n}\n    run: make test\n")).collect();
        let text = format!("name: ci\n\n# Runs on every push.\nbuild:\n{body}\n# Ships.\ndeploy:\n{body}");
        let chunks = cut(language("ci.yaml"), &text);
        let deploy = chunks.iter().find(|chunk| chunk.text.contains("deploy:")).expect("an element");
        assert!(deploy.text.starts_with("# Ships.\ndeploy:"), "{}", deploy.text);
        assert_eq!(deploy.symbols, ["deploy"]);
    }
}
