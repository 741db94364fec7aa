//! Program text: blocks of lines, broken between top-level items, with the enclosing item as breadcrumb.

use super::{
    pack::{Section, indent, is_blank},
    symbols,
};

/// One section; breaks at top-level lines that open something, together with the comments above them.
pub(super) fn sections(lines: &[&str]) -> Vec<Section> {
    let breaks = (1..lines.len()).filter(|&at| opens(lines, at)).collect();
    vec![Section { breadcrumb: String::new(), lines: 0..lines.len(), breaks }]
}

/// A block after a blank line, at the outermost indentation or defining a name.
fn opens(lines: &[&str], at: usize) -> bool {
    let line = lines[at];
    is_blank(lines[at - 1])
        && !is_blank(line)
        && !line.trim_start().starts_with(['}', ')', ']'])
        && (indent(line) == 0 || defines_soon(lines, at))
}

/// Whether one of the next lines at the same indentation defines a name: a method under its comment or attribute.
fn defines_soon(lines: &[&str], at: usize) -> bool {
    lines[at..].iter().take(6).take_while(|line| !is_blank(line)).any(|line| !symbols::defined(line).is_empty())
}

/// The top-level line that a piece stands under: `impl Foo for Bar`. Empty at the top level itself.
pub(super) fn enclosing(lines: &[&str], first: usize) -> String {
    if indent(lines[first]) == 0 {
        return String::new();
    }
    let opener = lines[..first].iter().rev().find(|line| !is_blank(line) && indent(line) == 0);
    opener
        .filter(|line| !symbols::defined(line).is_empty())
        .map(|line| line.trim_end_matches(['{', ':', ' ']).chars().take(120).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use crate::{chunk::cut, classify::language};

    #[test]
    fn a_method_stands_under_its_item() {
        let methods: String = (0..30)
            .map(|n| format!("    /// Takes step {n} of the plan.\n    fn step_{n}(&self) -> u32 {{\n        {n} + self.base\n    }}\n\n"))
            .collect();
        let chunks = cut(language("a.rs"), &format!("struct Plan;\n\nimpl Runner for Plan {{\n{methods}}}\n"));
        let inner = chunks.iter().find(|chunk| chunk.symbols.iter().any(|name| name == "step_20")).expect("a chunk");
        assert_eq!(inner.breadcrumb, "impl Runner for Plan");
        assert!(inner.text.starts_with("    /// Takes step"), "{}", inner.text);
    }
}
