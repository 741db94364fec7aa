//! Where a JSON pointer leads in a text: people want a line.

/// Line and column, from 1, of the value at `pointer`, or of the deepest ancestor that is there.
pub(crate) fn place(text: &str, pointer: &str) -> (u32, u32) {
    let wanted: Vec<String> =
        pointer.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~")).collect();
    let mut scan = Scan { bytes: text.as_bytes(), at: 0, best: 0 };
    scan.space();
    scan.best = scan.at;
    scan.value(Some(&wanted));
    let before = &text[..scan.best];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
    (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
}

/// Reads JSON that is known to parse; on anything else it stops early and the best place so far stands.
struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
    best: usize,
}

impl Scan<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn space(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn value(&mut self, wanted: Option<&[String]>) {
        self.space();
        match self.peek() {
            Some(b'{') => self.members(b'}', wanted),
            Some(b'[') => self.members(b']', wanted),
            Some(b'"') => drop(self.string()),
            _ => {
                while self.peek().is_some_and(|byte| !matches!(byte, b',' | b'}' | b']')) {
                    self.at += 1;
                }
            }
        }
    }

    fn members(&mut self, close: u8, wanted: Option<&[String]>) {
        self.at += 1;
        let mut index = 0_usize;
        loop {
            self.space();
            match self.peek() {
                None => return,
                Some(byte) if byte == close => {
                    self.at += 1;
                    return;
                }
                Some(b',') => self.at += 1,
                Some(_) => {
                    let start = self.at;
                    let name = if close == b'}' {
                        let name = self.string();
                        self.space();
                        self.at += 1;
                        name
                    } else {
                        index += 1;
                        (index - 1).to_string()
                    };
                    let inside = wanted.and_then(|wanted| wanted.split_first()).filter(|(first, _)| **first == name);
                    if inside.is_some() {
                        self.best = start;
                    }
                    self.value(inside.map(|(_, rest)| rest));
                }
            }
        }
    }

    fn string(&mut self) -> String {
        let start = self.at;
        self.at += 1;
        while let Some(byte) = self.peek() {
            self.at += if byte == b'\\' { 2 } else { 1 };
            if byte == b'"' {
                break;
            }
        }
        let raw = self.bytes.get(start..self.at.min(self.bytes.len())).unwrap_or_default();
        serde_json::from_slice(raw).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn a_pointer_leads_to_its_line_or_to_the_nearest_above() {
        let text =
            "{\n  \"a\\n\": [1, {\"x\": \"}\"},\n    {\"b/c\": {\n      \"ä\": 1, \"d\": 2}}],\n  \"b\": -1.5e3\n}\n";
        for (pointer, expected) in [
            ("", (1, 1)),
            ("/a\n/2/b~1c/d", (4, 15)),
            ("/a\n/1/x", (2, 15)),
            ("/b", (5, 3)),
            ("/b/none/here", (5, 3)),
            ("/none", (1, 1)),
        ] {
            assert_eq!(place(text, pointer), expected, "{pointer}");
        }
        assert_eq!(place("{\"a\": {", "/a/b"), (1, 2));
        assert_eq!(place("", "/a"), (1, 1));
    }
}
