//! The structure of a Markdown file, line by line.

use forgeline_model::SafePath;

/// One title, closed fences, links that stay in the repository.
pub(super) fn check(path: &str, content: &str) -> Result<(), String> {
    let mut titles = Vec::new();
    let mut fence: Option<(usize, char, usize)> = None;
    for (index, line) in content.lines().enumerate() {
        let number = index + 1;
        if let Some((_, mark, length)) = fence {
            if fence_of(line)
                .is_some_and(|(other, most, rest)| other == mark && most >= length && rest.trim().is_empty())
            {
                fence = None;
            }
            continue;
        }
        match fence_of(line) {
            Some((mark, length, info)) if mark == '~' || !info.contains('`') => fence = Some((number, mark, length)),
            Some(_) | None => {
                if line.strip_prefix("# ").is_some_and(|title| !title.trim().is_empty()) {
                    titles.push(number);
                }
                links(path, line).map_err(|message| format!("line {number}: {message}"))?;
            }
        }
    }
    if let Some((number, _, _)) = fence {
        return Err(format!("the code fence of line {number} is not closed"));
    }
    match titles.as_slice() {
        [_] => Ok(()),
        [] => Err("it has no title; write one line that starts with `# `".to_owned()),
        [first, second, ..] => Err(format!("it has two titles, in lines {first} and {second}")),
    }
}

/// Mark, length and what follows of a line that opens or closes a fence.
fn fence_of(line: &str) -> Option<(char, usize, &str)> {
    let text = line.trim_start_matches(' ');
    let mark = text.chars().next().filter(|mark| matches!(mark, '`' | '~'))?;
    let length = text.chars().take_while(|c| *c == mark).count();
    (length >= 3 && line.len() - text.len() < 4).then(|| (mark, length, &text[length..]))
}

fn links(path: &str, line: &str) -> Result<(), String> {
    // A link in a code span is text.
    let plain: String = line.split('`').step_by(2).collect::<Vec<_>>().join("`");
    for (start, _) in plain.match_indices("](") {
        let rest = &plain[start + 2..];
        let Some(end) = rest.find([')', ' ']) else { continue };
        let target = rest[..end].trim_start_matches('<').trim_end_matches('>');
        let target = target.split(['#', '?']).next().unwrap_or_default();
        if !target.is_empty() && !has_scheme(target) && !stays_inside(path, target) {
            return Err(format!("the link `{target}` leaves the repository"));
        }
    }
    Ok(())
}

fn has_scheme(target: &str) -> bool {
    target.split_once(':').is_some_and(|(scheme, _)| {
        !scheme.is_empty() && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
    })
}

fn stays_inside(path: &str, target: &str) -> bool {
    if target.starts_with('/') {
        return false;
    }
    let mut folders: Vec<&str> = path.split('/').collect();
    folders.pop();
    for name in target.split('/') {
        match name {
            "" | "." => {}
            ".." => {
                if folders.pop().is_none() {
                    return false;
                }
            }
            name => folders.push(name),
        }
    }
    folders.is_empty() || folders.join("/").parse::<SafePath>().is_ok()
}

#[cfg(test)]
mod tests {
    #[track_caller]
    fn check(content: &str, expected: Result<(), &str>) {
        assert_eq!(super::check("docs/adr/1.md", content), expected.map_err(str::to_owned));
    }

    #[test]
    fn structure_is_checked_outside_of_code() {
        check("# A\n\n```sh\n# not a title\n[x](/etc)\n```\n[b](../b.md#c) [u](https://x.y/../..) `[c](/x)`\n", Ok(()));
        check("A\n", Err("it has no title; write one line that starts with `# `"));
        check("# A\n# B\n", Err("it has two titles, in lines 1 and 2"));
        check("# A\n\n````\n```\n", Err("the code fence of line 3 is not closed"));
        check("# A\n[x](../../../x.md)\n", Err("line 2: the link `../../../x.md` leaves the repository"));
        check("# A\n[x](/etc/passwd)\n", Err("line 2: the link `/etc/passwd` leaves the repository"));
        check("# A\n[x](../../.git/config)\n", Err("line 2: the link `../../.git/config` leaves the repository"));
        check("# A\n[top](../..) [self](#a)\n", Ok(()));
    }
}
