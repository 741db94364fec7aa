//! Letters brought to plain ASCII.

use unicode_normalization::UnicodeNormalization as _;

use super::NotAName;

/// The text with each letter in its plain form; separators become spaces.
pub(super) fn fold(text: &str) -> Result<String, NotAName> {
    let mut plain = String::with_capacity(text.len());
    for letter in text.nfc() {
        if let Some(written) = special(letter) {
            plain.push_str(written);
            continue;
        }
        if letter.is_ascii_alphanumeric() {
            plain.push(letter);
        } else if letter.is_whitespace() || matches!(letter, '-' | '_' | '.' | '/' | '\u{2010}'..='\u{2015}') {
            plain.push(' ');
        } else if letter.is_alphanumeric() {
            let base: String = letter.nfkd().filter(char::is_ascii_alphanumeric).collect();
            if base.is_empty() {
                return Err(NotAName::Letter { name: text.to_owned(), letter });
            }
            plain.push_str(&base);
        } else if !matches!(letter, '\'' | '’' | '`' | '*') {
            return Err(NotAName::Sign { name: text.to_owned(), sign: letter });
        }
    }
    Ok(plain)
}

/// Letters whose usual plain form is not their base letter.
fn special(letter: char) -> Option<&'static str> {
    Some(match letter {
        'ä' | 'æ' => "ae",
        'ö' | 'œ' => "oe",
        'ü' => "ue",
        'Ä' | 'Æ' => "Ae",
        'Ö' | 'Œ' => "Oe",
        'Ü' => "Ue",
        'ß' => "ss",
        'ẞ' => "SS",
        'ø' => "o",
        'Ø' => "O",
        'đ' | 'ð' => "d",
        'Đ' | 'Ð' => "D",
        'ł' => "l",
        'Ł' => "L",
        'þ' => "th",
        'Þ' => "Th",
        'ı' => "i",
        '&' => " and ",
        _ => return None,
    })
}
