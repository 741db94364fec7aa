//! "Did you mean": the nearest known name to a misspelled one.

/// The known name that a person most likely meant, if one is near enough: it starts in the same way, or at most a
/// third of its letters differ.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted: Vec<char> = normal(name).take(100).collect();
    known
        .into_iter()
        .filter_map(|candidate| {
            let letters: Vec<char> = normal(candidate).take(100).collect();
            let shorter = wanted.len().min(letters.len());
            let starts = shorter >= 3 && wanted[..shorter] == letters[..shorter];
            let distance = if starts { 1 } else { distance(&wanted, &letters) };
            let most = wanted.len().max(letters.len()).div_ceil(3).min(4);
            (distance <= most).then_some((distance, candidate))
        })
        .min()
        .map(|(_, candidate)| candidate)
}

/// A hint for an unknown name: the nearest known one, else all of them.
pub fn hint<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    match nearest(name, known.iter().copied()) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None if known.is_empty() => "there is none to choose from".to_owned(),
        None => format!("known: {}", list(&known)),
    }
}

/// Names in backticks, the first twelve of them.
pub fn list(names: &[&str]) -> String {
    let shown: Vec<String> = names.iter().take(12).map(|name| format!("`{name}`")).collect();
    let more = if names.len() > 12 { format!(" and {} more", names.len() - 12) } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

fn normal(name: &str) -> impl Iterator<Item = char> {
    name.chars().flat_map(char::to_lowercase).map(|c| if c == '-' { '_' } else { c })
}

/// Edits (insert, delete, replace, swap of neighbours) that turn one text into the other.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    for (j, cell) in rows[0].iter_mut().enumerate() {
        *cell = j;
    }
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let replace = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replace.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::{hint, nearest};

    #[test]
    fn near_names_are_suggested_and_far_ones_listed() {
        let known = ["needs", "produces", "max_parallel"];
        assert_eq!(nearest("need", known), Some("needs"));
        assert_eq!(nearest("prodcues", known), Some("produces"));
        assert_eq!(nearest("max-paralel", known), Some("max_parallel"));
        assert_eq!(nearest("colour", known), None);
        assert_eq!(hint("colour", ["a", "b"]), "known: `a`, `b`");
    }
}
