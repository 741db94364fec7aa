//! Markdown: a section per heading, under the headings above it.

use super::pack::{Section, is_blank};

/// Sections by ATX heading; a `#` inside a code fence is text.
pub(super) fn sections(lines: &[&str]) -> Vec<Section> {
    let mut out = Vec::new();
    let mut trail: Vec<(usize, String)> = Vec::new();
    let mut open = Section { breadcrumb: String::new(), lines: 0..0, breaks: Vec::new() };
    let mut fence: Option<&str> = None;
    for (at, line) in lines.iter().enumerate() {
        let trimmed = line.trim_start();
        if let Some(mark) = fence {
            if trimmed.starts_with(mark) {
                fence = None;
            }
        } else if let Some(mark) = ["```", "~~~"].into_iter().find(|mark| trimmed.starts_with(mark)) {
            fence = Some(mark);
            open.breaks.push(at);
        } else if let Some((level, title)) = heading(line) {
            open.lines.end = at;
            out.push(std::mem::replace(
                &mut open,
                Section { breadcrumb: String::new(), lines: at..at, breaks: vec![] },
            ));
            trail.retain(|(above, _)| *above < level);
            open.breadcrumb = trail.iter().map(|(_, title)| title.as_str()).collect::<Vec<_>>().join(" > ");
            trail.push((level, title.to_owned()));
        } else if at > 0 && is_blank(lines[at - 1]) && !is_blank(line) {
            open.breaks.push(at);
        }
    }
    open.lines.end = lines.len();
    out.push(open);
    merge_small(lines, out)
}

/// Level and title of an ATX heading.
fn heading(line: &str) -> Option<(usize, &str)> {
    let level = line.bytes().take_while(|b| *b == b'#').count();
    let title = line[level..].strip_prefix(' ')?.trim().trim_end_matches('#').trim_end();
    ((1..=6).contains(&level) && !title.is_empty()).then_some((level, title))
}

/// A heading with nothing under it joins the section below it, if that is a deeper one.
fn merge_small(lines: &[&str], sections: Vec<Section>) -> Vec<Section> {
    let mut out: Vec<Section> = Vec::new();
    for section in sections {
        match out.last_mut() {
            Some(last) if is_bare(lines, last) && section.breadcrumb.starts_with(&last.breadcrumb) => {
                last.lines.end = section.lines.end;
                last.breaks.extend(section.breaks);
            }
            _ => out.push(section),
        }
    }
    out
}

/// A heading and nothing else.
fn is_bare(lines: &[&str], section: &Section) -> bool {
    let mut text = lines[section.lines.clone()].iter().filter(|line| !is_blank(line));
    text.next().is_some_and(|line| heading(line).is_some()) && text.next().is_none()
}

#[cfg(test)]
mod tests {
    use crate::{chunk::cut, classify::language};

    #[test]
    fn a_section_stands_under_its_headings() {
        let text = "intro\n\n# Guide\n\nWelcome to it.\n\n## Retry\n\nThree times.\n\n```sh\n# not a heading\n```\n\n\
                    ### Back-off\n\nDoubles.\n\n## Limits\n\nNone.\n";
        let seen: Vec<_> = cut(language("a.md"), text)
            .into_iter()
            .map(|chunk| (chunk.lines, chunk.breadcrumb, chunk.symbols.join("|")))
            .collect();
        let expected = [
            ((1, 1), "", ""),
            ((3, 5), "", "Guide"),
            ((7, 13), "Guide", "Retry"),
            ((15, 17), "Guide > Retry", "Back-off"),
            ((19, 21), "Guide", "Limits"),
        ];
        let expected: Vec<_> = expected
            .iter()
            .map(|(lines, crumb, symbols)| (*lines, (*crumb).to_owned(), (*symbols).to_owned()))
            .collect();
        assert_eq!(seen, expected);
    }
}
