//! What an outsider can hide in a text, taken out before anything reads it.

/// The text without HTML comments, zero-width and bidirectional signs, tag characters, ANSI sequences and control
/// characters. Line breaks stay, so line numbers stay.
pub fn clean(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    visible(&without_comments(&without_ansi(&text)))
}

/// One line without the same, and without line breaks.
pub(super) fn clean_line(text: &str) -> String {
    clean(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn visible(text: &str) -> String {
    text.chars().filter(|&sign| !hidden(sign)).map(|sign| if sign == '\u{a0}' { ' ' } else { sign }).collect()
}

fn hidden(sign: char) -> bool {
    (sign.is_control() && sign != '\n' && sign != '\t')
        || matches!(sign, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}')
        || matches!(sign, '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(sign, '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}')
        || matches!(sign, '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e0fff}')
}

/// Comments become as many line breaks as they held. One that is never closed hides the rest, as on a forge.
fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, comment)) = rest.split_once("<!--") {
        out.push_str(before);
        let (hidden, after) = comment.split_once("-->").unwrap_or((comment, ""));
        out.extend(hidden.chars().filter(|&sign| sign == '\n'));
        rest = after;
    }
    out + rest
}

fn without_ansi(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut signs = text.chars().peekable();
    while let Some(sign) = signs.next() {
        if sign != '\u{1b}' {
            out.push(sign);
        } else if signs.next_if_eq(&'[').is_some() {
            while signs.next_if(|&sign| !('@'..='~').contains(&sign) && sign != '\n').is_some() {}
            signs.next_if(|&sign| sign != '\n');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn hidden_text_is_taken_out_and_lines_stay() {
        assert_eq!(clean("a<!-- x\ny -->b\u{200b}c\u{202e}d\r\ne"), "a\nbcd\ne");
        assert_eq!(clean("\u{1b}[31mred\u{1b}[0m\u{7}"), "red");
        assert_eq!(clean("a<!-- open\nrest"), "a\n");
        assert_eq!(clean("x\u{e0041}y"), "xy");
    }
}
