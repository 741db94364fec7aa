//! Functions on text.

use heck::{ToKebabCase as _, ToLowerCamelCase as _, ToSnakeCase as _, ToTitleCase as _, ToUpperCamelCase as _};
use serde_json::Value;

use super::{Call, FunctionFault};
use crate::text::markdown as neutral;

type Answer = Result<Value, FunctionFault>;

/// Widest indentation, spaces.
const MAX_INDENT: u64 = 64;

pub(super) fn snake(call: &Call<'_>) -> Answer {
    Ok(call.text(0)?.to_snake_case().into())
}

pub(super) fn kebab(call: &Call<'_>) -> Answer {
    Ok(call.text(0)?.to_kebab_case().into())
}

pub(super) fn pascal(call: &Call<'_>) -> Answer {
    Ok(call.text(0)?.to_upper_camel_case().into())
}

pub(super) fn camel(call: &Call<'_>) -> Answer {
    Ok(call.text(0)?.to_lower_camel_case().into())
}

pub(super) fn title(call: &Call<'_>) -> Answer {
    Ok(call.text(0)?.to_title_case().into())
}

pub(super) fn upper(call: &Call<'_>) -> Answer {
    Ok(call.text(0)?.to_uppercase().into())
}

pub(super) fn lower(call: &Call<'_>) -> Answer {
    Ok(call.text(0)?.to_lowercase().into())
}

pub(super) fn trim(call: &Call<'_>) -> Answer {
    Ok(call.text(0)?.trim().into())
}

/// All arguments, one after the other.
pub(super) fn concat(call: &Call<'_>) -> Answer {
    let parts: Result<String, _> = (0..call.helper.params().len()).map(|index| call.text(index)).collect();
    Ok(parts?.into())
}

/// `{{replace text from to}}`.
pub(super) fn replace(call: &Call<'_>) -> Answer {
    let from = call.text(1)?;
    if from.is_empty() {
        return Err(call.fault("cannot replace an empty text"));
    }
    Ok(call.text(0)?.replace(&from, &call.text(2)?).into())
}

pub(super) fn starts_with(call: &Call<'_>) -> Answer {
    Ok(call.text(0)?.starts_with(&call.text(1)?).into())
}

pub(super) fn ends_with(call: &Call<'_>) -> Answer {
    Ok(call.text(0)?.ends_with(&call.text(1)?).into())
}

/// The first line that is not blank, trimmed.
pub(super) fn first_line(call: &Call<'_>) -> Answer {
    let text = call.text(0)?;
    Ok(text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default().into())
}

/// `{{indent text 4}}`: every line but the first, and no blank one, gets that many spaces more.
pub(super) fn indent(call: &Call<'_>) -> Answer {
    let width = call.argument(1)?.as_u64().filter(|width| *width <= MAX_INDENT);
    let width = width.ok_or_else(|| call.fault(format!("needs a width from 0 to {MAX_INDENT}")))?;
    let margin = " ".repeat(usize::try_from(width).expect("at most 64"));
    let text = call.text(0)?;
    let mut lines = text.split('\n');
    let mut out = lines.next().unwrap_or_default().to_owned();
    for line in lines {
        out.push('\n');
        if !line.trim().is_empty() {
            out.push_str(&margin);
        }
        out.push_str(line);
    }
    Ok(out.into())
}

/// Text of an outsider as words in Markdown.
pub(super) fn markdown(call: &Call<'_>) -> Answer {
    Ok(neutral::neutralise(&call.text(0)?).into())
}

/// Text of an outsider on one line of a source comment: it cannot end the comment, nor hide what follows.
pub(super) fn comment_safe(call: &Call<'_>) -> Answer {
    let text = call.text(0)?;
    let visible: String = text.chars().filter(|c| !neutral::is_hidden(*c)).collect();
    let line = visible.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = line.chars().filter(|c| !c.is_control()).collect::<String>();
    let open = [("*/", "* /"), ("/*", "/ *"), ("-->", "-- >"), ("<!--", "< !--"), ("{-", "{ -"), ("-}", "- }")];
    let safe = open.iter().fold(line, |line, (mark, apart)| line.replace(mark, apart));
    // A backslash at the end of a line joins the next one to the comment in C and shell.
    Ok(safe.trim_end_matches('\\').into())
}
