//! Rich text of work items as plain Markdown, and plain text as rich.
//!
//! Only as much is kept as commands and readers need: lines, lists, quotes, code, links. Nothing is escaped, so that a command
//! that was typed stands there as it was typed; quotes and code stay quotes and code, so that a command in them is none.

/// Deepest nesting of quotes that is shown.
const MOST_QUOTES: usize = 5;

/// An HTML fragment as Markdown. It never fails: what is no tag is text.
pub(crate) fn to_markdown(html: &str) -> String {
    let mut out = Writer::default();
    let mut rest = html;
    // Content of `script` and `style` is nobody's text.
    let mut skipped_until: Option<&'static str> = None;
    while !rest.is_empty() {
        let (text, tag, after) = split(rest);
        if skipped_until.is_none() {
            out.text(&decoded(text));
        }
        rest = after;
        let Some(tag) = tag else { continue };
        if let Some(end) = skipped_until {
            if tag.closes && tag.name == end {
                skipped_until = None;
            }
            continue;
        }
        match tag.name.as_str() {
            "script" if !tag.closes => skipped_until = Some("script"),
            "style" if !tag.closes => skipped_until = Some("style"),
            _ => out.tag(&tag),
        }
    }
    out.finish()
}

/// Whether a text has a tag in it.
pub(crate) fn is_html(text: &str) -> bool {
    let mut rest = text;
    while let (_, Some(tag), after) = split(rest) {
        if tag.name != "!--" {
            return true;
        }
        rest = after;
    }
    false
}

/// Plain text as HTML that shows it as it is.
pub(crate) fn from_text(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    escaped.replace("\r\n", "\n").replace('\n', "<br>")
}

struct Tag {
    /// In small letters; `!--` for a comment.
    name: String,
    closes: bool,
    /// What stands between the name and the end.
    rest: String,
}

/// The text up to the next tag, the tag, and what follows it.
fn split(html: &str) -> (&str, Option<Tag>, &str) {
    let mut from = 0;
    while let Some(at) = html[from..].find('<').map(|at| at + from) {
        let inner = &html[at + 1..];
        if let Some(comment) = inner.strip_prefix("!--") {
            let (text, after) = comment.split_once("-->").unwrap_or((comment, ""));
            let tag = Tag { name: "!--".to_owned(), closes: false, rest: text.to_owned() };
            return (&html[..at], Some(tag), after);
        }
        let (closes, named) = inner.strip_prefix('/').map_or((false, inner), |named| (true, named));
        let length = named.bytes().take_while(u8::is_ascii_alphanumeric).count();
        let is_tag = named.starts_with(|c: char| c.is_ascii_alphabetic() || c == '!');
        if is_tag && let Some(end) = end_of_tag(&named[length..]) {
            let name = named[..length].to_ascii_lowercase();
            let rest = named[length..length + end].to_owned();
            return (&html[..at], Some(Tag { name, closes, rest }), &named[length + end + 1..]);
        }
        from = at + 1;
    }
    (html, None, "")
}

/// Where the `>` is that no attribute's value holds.
fn end_of_tag(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return Some(at),
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    // A quote that does not end: the first `>` it is.
    quote.and_then(|_| text.find('>'))
}

#[derive(Default)]
struct Writer {
    lines: Vec<String>,
    line: String,
    quotes: usize,
    /// Numbers of the items of the lists that are open; none for dots.
    lists: Vec<Option<u32>>,
    fence: usize,
    links: Vec<Option<String>>,
    /// Begins the next line.
    head: String,
}

impl Writer {
    fn text(&mut self, text: &str) {
        if self.fence > 0 {
            let mut lines = text.replace("\r\n", "\n");
            while let Some((first, rest)) = lines.clone().split_once('\n') {
                self.line.push_str(first);
                self.end_line(true);
                lines = rest.to_owned();
            }
            self.line.push_str(&lines);
            return;
        }
        for c in text.chars() {
            let c = if matches!(c, '\n' | '\r' | '\t' | '\u{a0}') { ' ' } else { c };
            let is_doubled = c == ' ' && (self.line.is_empty() || self.line.ends_with(' '));
            if !is_doubled {
                self.line.push(c);
            }
        }
    }

    fn tag(&mut self, tag: &Tag) {
        match (tag.name.as_str(), tag.closes) {
            ("br", _) => self.end_line(true),
            ("p", false) | ("p", true) => self.paragraph(),
            ("div" | "tr" | "table" | "section" | "article", _) => self.end_line(false),
            ("td" | "th", true) => self.line.push_str(" | "),
            ("h1" | "h2" | "h3" | "h4" | "h5" | "h6", closes) => {
                self.paragraph();
                if !closes {
                    self.head = "## ".to_owned();
                }
            }
            ("ul", false) => self.open_list(None),
            ("ol", false) => self.open_list(Some(0)),
            ("ul" | "ol", true) => {
                self.end_line(false);
                self.lists.pop();
            }
            ("li", false) => self.item(),
            ("li", true) => self.end_line(false),
            ("blockquote", false) => {
                self.end_line(false);
                self.quotes += 1;
            }
            ("blockquote", true) => {
                self.end_line(false);
                self.quotes = self.quotes.saturating_sub(1);
            }
            ("pre", false) => {
                self.end_line(false);
                if self.fence == 0 {
                    self.push("```".to_owned());
                }
                self.fence += 1;
            }
            ("pre", true) if self.fence > 0 => {
                self.end_line(false);
                self.fence -= 1;
                if self.fence == 0 {
                    self.push("```".to_owned());
                }
            }
            ("code", _) if self.fence == 0 => self.line.push('`'),
            ("b" | "strong", _) if self.fence == 0 => self.line.push_str("**"),
            ("a", false) => self.links.push(attribute(&tag.rest, "href").filter(|target| is_link(target))),
            ("a", true) => {
                if let Some(Some(target)) = self.links.pop()
                    && !self.line.ends_with(&target)
                {
                    self.line.push_str(&format!(" ({target})"));
                }
            }
            // Forgeline's own marker stays where it is, as the only comment.
            ("!--", _) if tag.rest.trim_start().starts_with("forgeline:") => {
                self.end_line(false);
                self.push(format!("<!--{}-->", tag.rest));
            }
            _ => {}
        }
    }

    fn open_list(&mut self, number: Option<u32>) {
        self.end_line(false);
        self.lists.push(number);
    }

    fn item(&mut self) {
        self.end_line(false);
        let indent = "  ".repeat(self.lists.len().saturating_sub(1).min(MOST_QUOTES));
        self.head = match self.lists.last_mut() {
            Some(Some(number)) => {
                *number += 1;
                format!("{indent}{number}. ")
            }
            _ => format!("{indent}- "),
        };
    }

    fn paragraph(&mut self) {
        self.end_line(false);
        if self.lines.last().is_some_and(|line| !line.is_empty()) {
            self.lines.push(String::new());
        }
    }

    /// `always`: an empty line counts too.
    fn end_line(&mut self, always: bool) {
        let line = std::mem::take(&mut self.line);
        let line = if self.fence > 0 { line } else { line.trim().to_owned() };
        if line.is_empty() && !always {
            return;
        }
        let head = std::mem::take(&mut self.head);
        self.push(format!("{head}{line}"));
    }

    fn push(&mut self, line: String) {
        let quote = "> ".repeat(self.quotes.min(MOST_QUOTES));
        self.lines.push(format!("{quote}{line}").trim_end().to_owned());
    }

    fn finish(mut self) -> String {
        self.end_line(false);
        if self.fence > 0 {
            self.push("```".to_owned());
        }
        let text = self.lines.join("\n");
        text.trim_matches('\n').to_owned()
    }
}

fn is_link(target: &str) -> bool {
    target.starts_with("https://") || target.starts_with("http://")
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let lower = tag.to_ascii_lowercase();
    let at = lower.find(&format!("{name}="))? + name.len() + 1;
    let value = &tag[at..];
    let value = match value.chars().next()? {
        quote @ ('"' | '\'') => value[1..].split(quote).next()?,
        _ => value.split_ascii_whitespace().next()?,
    };
    Some(decoded(value))
}

/// Text with its entities as the characters that they stand for.
fn decoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        let entity = &rest[at + 1..];
        let end = entity.bytes().take(12).position(|byte| byte == b';');
        match end.and_then(|end| Some((end, character(&entity[..end])?))) {
            Some((end, c)) => {
                out.push(c);
                rest = &entity[end + 1..];
            }
            None => {
                out.push('&');
                rest = entity;
            }
        }
    }
    out.push_str(rest);
    out
}

fn character(entity: &str) -> Option<char> {
    if let Some(number) = entity.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code).filter(|c| *c != '\0');
    }
    Some(match entity {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        "ndash" => '–',
        "mdash" => '—',
        "hellip" => '…',
        "copy" => '©',
        "lsquo" => '‘',
        "rsquo" => '’',
        "ldquo" => '“',
        "rdquo" => '”',
        "bull" => '•',
        "auml" => 'ä',
        "ouml" => 'ö',
        "uuml" => 'ü',
        "Auml" => 'Ä',
        "Ouml" => 'Ö',
        "Uuml" => 'Ü',
        "szlig" => 'ß',
        "eacute" => 'é',
        "egrave" => 'è',
        "agrave" => 'à',
        "ccedil" => 'ç',
        "euro" => '€',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{from_text, is_html, to_markdown};

    #[track_caller]
    fn check(html: &str, expected: &str) {
        assert_eq!(to_markdown(html), expected, "{html}");
    }

    #[test]
    fn a_command_stands_there_as_it_was_typed() {
        check("<div>/forgeline run docs-page a_b=1 *x*</div>", "/forgeline run docs-page a_b=1 *x*");
        check("<p>Please</p><p>/fl status</p>", "Please\n\n/fl status");
        check("a<br>/fl help<br/>", "a\n/fl help");
        check("plain &lt;b&gt; &amp;amp; &#228;&#x41; &unknown; &", "plain <b> &amp; äA &unknown; &");
    }

    #[test]
    fn quotes_and_code_stay_quotes_and_code() {
        check("<blockquote><div>/fl run x</div></blockquote>no", "> /fl run x\nno");
        check("<pre><code>/fl run x\n  y</code></pre>", "```\n/fl run x\n  y\n```");
        check("see <code>/fl</code>", "see `/fl`");
        check("<pre>open", "```\nopen\n```");
    }

    #[test]
    fn lists_links_and_tables() {
        check("<ul><li>a</li><li>b<ol><li>c</li></ol></li></ul>", "- a\n- b\n  1. c");
        check("<a href=\"https://x.example/?a=1&amp;b=2\">here</a>", "here (https://x.example/?a=1&b=2)");
        check("<a href=\"#\" data-vss-mention=\"version:2.0,1\">@Ana</a> hi", "@Ana hi");
        check("<a href=\"javascript:x\">x</a>", "x");
        check("<h2>Title</h2>text", "## Title\n\ntext");
    }

    #[test]
    fn what_is_no_tag_is_text_and_what_is_hidden_is_gone() {
        check("1 < 2 and <3", "1 < 2 and <3");
        check("a<script>alert('<p>')</script>b<style>p{}</style>c", "abc");
        check("a<!-- hidden -->b", "ab");
        check("a<!-- forgeline:status:1 -->", "a\n<!-- forgeline:status:1 -->");
        check("<img alt=\"a>b\" src=x>c", "c");
        check("<p title=\"open>x", "x");
        check("<", "<");
        check("<!-- open", "");
        check("ä<b", "ä<b");
    }

    #[test]
    fn a_tag_makes_it_rich_text_and_a_comment_does_not() {
        assert!(is_html("<!-- x --><div>a</div>") && is_html("a<br>"));
        assert!(!is_html("1 < 2\n\n<!-- forgeline:a -->") && !is_html("plain"));
    }

    #[test]
    fn plain_text_comes_back() {
        let text = "a < b & c\n\n/x";
        assert_eq!(to_markdown(&from_text(text)), text);
    }
}
