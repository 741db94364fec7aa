//! Cuts a file's text into chunks of bounded size along its structure.
//!
//! A chunk knows nothing of path, repository or reference: equal text under an equal breadcrumb is the same chunk
//! wherever it stands, so that a rename, a branch or a revert embeds nothing.

mod code;
mod elements;
mod markdown;
mod pack;
mod symbols;

use std::{fmt, str::FromStr};

use crate::classify::{Language, Shape};

/// Goes into every chunk id: raise it when the same text would be cut differently, and everything is cut anew.
pub(crate) const CHUNKER_VERSION: u32 = 1;

/// Which chunk: BLAKE3 of chunker version, language, breadcrumb and exact text. Text form: 64 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChunkId([u8; 32]);

impl ChunkId {
    fn of(language: &str, breadcrumb: &str, text: &str) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&CHUNKER_VERSION.to_le_bytes());
        for part in [language, breadcrumb, text] {
            // The length in front keeps `ab|c` and `a|bc` apart.
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        Self(*hasher.finalize().as_bytes())
    }
}

impl fmt::Display for ChunkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&blake3::Hash::from_bytes(self.0).to_hex())
    }
}

impl fmt::Debug for ChunkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for ChunkId {
    type Err = blake3::HexError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        blake3::Hash::from_hex(text).map(|hash| Self(*hash.as_bytes()))
    }
}

/// A piece of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chunk {
    pub(crate) id: ChunkId,
    /// First and last line, from 1.
    pub(crate) lines: (u32, u32),
    /// Headings or enclosing item, outermost first.
    pub(crate) breadcrumb: String,
    pub(crate) symbols: Vec<String>,
    pub(crate) text: String,
}

impl Chunk {
    /// What is embedded.
    pub(crate) fn embedded_text(&self) -> String {
        under(&self.breadcrumb, &self.text)
    }
}

/// A text under its breadcrumb.
pub(crate) fn under(breadcrumb: &str, text: &str) -> String {
    if breadcrumb.is_empty() { text.to_owned() } else { format!("{breadcrumb}\n{text}") }
}

/// The chunks of a file, in order.
pub(crate) fn cut(language: Language, text: &str) -> Vec<Chunk> {
    let lines: Vec<&str> = text.lines().collect();
    let sections = match language.shape {
        Shape::Markdown => markdown::sections(&lines),
        Shape::Elements => elements::sections(&lines),
        Shape::Code => code::sections(&lines),
        Shape::Prose => vec![pack::Section::whole(&lines)],
    };
    sections.into_iter().flat_map(|section| finish(language, &lines, section)).collect()
}

/// Packs a section's lines into chunks, leaving out what is blank.
fn finish(language: Language, lines: &[&str], section: pack::Section) -> Vec<Chunk> {
    let shape = language.shape;
    pack::pieces(lines, section.lines.clone(), section.breaks)
        .into_iter()
        .filter_map(|piece| {
            let text = piece.text(lines)?;
            let mut breadcrumb = section.breadcrumb.clone();
            if shape == Shape::Code {
                breadcrumb = code::enclosing(lines, piece.first);
            }
            let symbols = symbols::of(shape, &text);
            Some(Chunk {
                id: ChunkId::of(language.name, &breadcrumb, &text),
                lines: (line_number(piece.first), line_number(piece.last)),
                breadcrumb,
                symbols,
                text,
            })
        })
        .collect()
}

fn line_number(index: usize) -> u32 {
    u32::try_from(index + 1).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::{Chunk, cut, pack};
    use crate::classify::language;

    fn chunks(path: &str, text: &str) -> Vec<Chunk> {
        cut(language(path), text)
    }

    #[test]
    fn every_line_with_text_is_in_a_chunk_of_bounded_size() {
        let mut source = String::new();
        for n in 0..300 {
            source.push_str(&format!("/// Adds {n}.\npub fn add_{n}(x: u32) -> u32 {{\n    x + {n}\n}}\n\n"));
        }
        source.push_str(&"x".repeat(20_000));
        for path in ["a.rs", "a.md", "a.yaml", "a.txt"] {
            let all = chunks(path, &source);
            for chunk in &all {
                assert!(pack::weight(&chunk.text) <= pack::MAX_WEIGHT, "{path}: {} pieces", pack::weight(&chunk.text));
                assert!(chunk.lines.0 <= chunk.lines.1, "{path}");
            }
            let joined: String = all.iter().flat_map(|chunk| chunk.text.split_whitespace()).collect();
            let expected: String = source.split_whitespace().collect();
            assert_eq!(joined, expected, "{path}");
        }
    }

    #[test]
    fn an_edit_leaves_far_chunks_alone() {
        let source: String = (0..200).map(|n| format!("fn f{n}() {{\n    call({n});\n}}\n\n")).collect();
        let edited = source.replacen("call(3)", "call(3, 3, 3)", 1);
        let before: Vec<_> = chunks("a.rs", &source).into_iter().map(|chunk| chunk.id).collect();
        let after: Vec<_> = chunks("a.rs", &edited).into_iter().map(|chunk| chunk.id).collect();
        let new = after.iter().filter(|id| !before.contains(id)).count();
        assert!(new <= 2, "{new} of {} chunks are new", after.len());
    }

    #[test]
    fn equal_text_in_another_language_is_another_chunk() {
        let rust = chunks("a.rs", "let x = 1;\n");
        let text = chunks("a.txt", "let x = 1;\n");
        assert_ne!(rust[0].id, text[0].id);
        assert_eq!(rust[0].id, chunks("b/c.rs", "let x = 1;\n")[0].id);
        assert_eq!(rust[0].id.to_string().parse::<super::ChunkId>().expect("own text form"), rust[0].id);
    }

    #[test]
    fn nothing_but_blank_lines_has_no_chunk() {
        for text in ["", "\n\n", "  \n\t\n"] {
            assert!(chunks("a.md", text).is_empty(), "{text:?}");
        }
    }
}
