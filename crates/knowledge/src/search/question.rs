//! What is asked: the text for its meaning, and the words that carry it.

use crate::KnowledgeError;

/// Longest question, characters.
const MOST_CHARS: usize = 2_000;

/// A question that has at least one word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Question {
    text: String,
    words: String,
}

impl Question {
    /// Takes words, identifiers or a sentence.
    pub(super) fn parse(text: &str) -> Result<Self, KnowledgeError> {
        let text: String = text.trim().chars().take(MOST_CHARS).collect();
        let all: Vec<&str> = text.split_whitespace().filter(|word| word.contains(char::is_alphanumeric)).collect();
        if all.is_empty() {
            return Err(KnowledgeError::EmptyQuery);
        }
        let bare = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
        let mut words: Vec<&str> =
            all.iter().copied().filter(|word| !STOP_WORDS.contains(&bare(word).as_str())).collect();
        if words.is_empty() {
            words = all;
        }
        Ok(Self { words: words.join(" "), text })
    }

    /// As it was asked.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Without words that say nothing about what is looked for. Code is searched word by word, and there they are
    /// everywhere.
    pub(super) fn words(&self) -> &str {
        &self.words
    }
}

const STOP_WORDS: &[&str] = &[
    "a", "about", "all", "an", "and", "any", "are", "as", "at", "be", "been", "but", "by", "can", "could", "did", "do",
    "does", "done", "find", "for", "from", "get", "has", "have", "how", "i", "if", "in", "into", "is", "it", "its",
    "me", "my", "no", "not", "of", "on", "or", "our", "please", "should", "show", "so", "that", "the", "their", "them",
    "then", "there", "these", "they", "this", "to", "us", "use", "used", "using", "was", "we", "were", "what", "when",
    "where", "which", "who", "why", "will", "with", "would", "you", "your",
];

#[cfg(test)]
mod tests {
    use super::Question;

    #[test]
    fn only_words_that_carry_meaning_are_looked_up() {
        for (text, expected) in [
            ("How does the retry work?", "retry work?"),
            ("parse_config", "parse_config"),
            ("what is it", "what is it"),
            ("  SafePath  ", "SafePath"),
        ] {
            assert_eq!(Question::parse(text).expect("has words").words(), expected, "{text}");
        }
        for empty in ["", "  ", "?!", "::"] {
            assert!(Question::parse(empty).is_err(), "{empty:?}");
        }
    }
}
