//! Which lines of a comment are its author's own words.

/// Tags whose content is shown as code or as somebody else's words.
const FOREIGN: [&str; 4] = ["pre", "code", "blockquote", "script"];

/// The lines that begin with a command word, numbered from 1, outside of code, quotes and HTML comments.
pub(super) fn command_lines(body: &str) -> Vec<(usize, &str)> {
    let mut place = Place::default();
    let mut found = Vec::new();
    for (index, line) in body.split('\n').enumerate() {
        let line = line.strip_suffix('\r').unwrap_or(line);
        let own = place.is_own(line);
        place.pass(line);
        if own && let Some(command) = command(line) {
            found.push((index + 1, command));
        }
    }
    found
}

/// The line without what surrounds a command, if it begins with the command word.
fn command(line: &str) -> Option<&str> {
    let text = line.trim();
    let word = text.split_whitespace().next()?;
    is_command_word(word).then_some(text)
}

/// `/forgeline` or its short form.
pub(super) fn is_command_word(word: &str) -> bool {
    word.eq_ignore_ascii_case("/forgeline") || word.eq_ignore_ascii_case("/fl")
}

/// What a line stands in.
#[derive(Default)]
struct Place {
    fence: Option<Fence>,
    comment: bool,
    tags: Vec<&'static str>,
}

#[derive(Clone, Copy)]
struct Fence {
    mark: char,
    length: usize,
}

impl Place {
    /// Whether a line that starts here is text of its author.
    fn is_own(&self, line: &str) -> bool {
        let indented = line.starts_with('\t') || line.starts_with("    ");
        self.fence.is_none() && !self.comment && self.tags.is_empty() && !indented
    }

    /// Takes note of what the line opens and closes.
    fn pass(&mut self, line: &str) {
        if let Some(open) = self.fence {
            if closes(open, line) {
                self.fence = None;
            }
            return;
        }
        if !self.comment
            && self.tags.is_empty()
            && let Some(fence) = opens(line)
        {
            self.fence = Some(fence);
            return;
        }
        self.pass_html(&line.to_ascii_lowercase());
    }

    fn pass_html(&mut self, line: &str) {
        let mut rest = line;
        loop {
            if self.comment {
                let Some(end) = rest.find("-->") else { return };
                self.comment = false;
                rest = &rest[end + 3..];
            }
            let Some(start) = rest.find('<') else { return };
            rest = &rest[start..];
            if rest.starts_with("<!--") {
                self.comment = true;
                rest = &rest[4..];
                continue;
            }
            rest = &rest[1..];
            if let Some(tag) = FOREIGN.into_iter().find(|tag| is_tag(rest, tag)) {
                self.tags.push(tag);
            } else if let Some(tag) =
                rest.strip_prefix('/').and_then(|rest| FOREIGN.into_iter().find(|tag| is_tag(rest, tag)))
                && let Some(open) = self.tags.iter().rposition(|open| *open == tag)
            {
                self.tags.truncate(open);
            }
        }
    }
}

fn is_tag(rest: &str, tag: &str) -> bool {
    rest.strip_prefix(tag).is_some_and(|after| !after.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '-'))
}

/// A fence that this line opens: three or more of the mark, indented by at most three spaces.
fn opens(line: &str) -> Option<Fence> {
    let text = line.trim_start_matches(' ');
    let mark = text.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let length = text.chars().take_while(|c| *c == mark).count();
    let info = &text[length..];
    (line.len() - text.len() <= 3 && length >= 3 && !(mark == '`' && info.contains('`')))
        .then_some(Fence { mark, length })
}

fn closes(open: Fence, line: &str) -> bool {
    let text = line.trim_start_matches(' ');
    let length = text.chars().take_while(|c| *c == open.mark).count();
    line.len() - text.len() <= 3 && length >= open.length && text[length..].trim().is_empty()
}
