//! JUnit XML, which every pipeline can show.

use std::fmt::Write as _;

use crate::{
    rules::{Report, rule},
    settings::Level,
};

/// One suite; a finding of level warn or error is a failed case.
pub fn junit(report: &Report) -> String {
    let failed = report.introduced.iter().filter(|finding| finding.level >= Level::Warn).count();
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"contracts\" tests=\"{}\" failures=\"{failed}\">\n",
        report.introduced.len().max(1),
    );
    if report.introduced.is_empty() {
        text.push_str("    <testcase classname=\"contracts\" name=\"all rules\"/>\n");
    }
    for finding in &report.introduced {
        let name = format!("{} {}:{}", finding.rule, finding.file, finding.line);
        let class = if finding.event.is_empty() { "registry" } else { &finding.event };
        let _ = write!(text, "    <testcase classname=\"{}\" name=\"{}\"", escape(class), escape(&name));
        if finding.level >= Level::Warn {
            let title = rule(finding.rule).map_or("", |rule| rule.title);
            let message = escape(&finding.message);
            let more = escape(&format!("{title}\n{}", finding.fix));
            let _ = writeln!(
                text,
                ">\n      <failure type=\"{}\" message=\"{message}\">{more}</failure>\n    </testcase>",
                finding.rule
            );
        } else {
            text.push_str("/>\n");
        }
    }
    text.push_str("  </testsuite>\n</testsuites>\n");
    text
}

/// XML 1.0 has no way to write most control characters.
fn escape(text: &str) -> String {
    text.chars().fold(String::new(), |mut out, c| {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
        out
    })
}
