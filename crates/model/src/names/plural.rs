//! English plurals, as far as names of things need them.

/// The same for one and for many.
const UNCHANGED: &[&str] = &[
    "aircraft",
    "analytics",
    "basics",
    "chassis",
    "corps",
    "data",
    "economics",
    "electronics",
    "equipment",
    "feedback",
    "fish",
    "goods",
    "hardware",
    "headquarters",
    "information",
    "logistics",
    "mathematics",
    "means",
    "media",
    "metadata",
    "money",
    "news",
    "physics",
    "politics",
    "series",
    "sheep",
    "software",
    "species",
    "staff",
    "statistics",
];

/// One and many.
const IRREGULAR: &[(&str, &str)] = &[
    ("child", "children"),
    ("criterion", "criteria"),
    ("foot", "feet"),
    ("goose", "geese"),
    ("half", "halves"),
    ("hero", "heroes"),
    ("knife", "knives"),
    ("leaf", "leaves"),
    ("life", "lives"),
    ("loaf", "loaves"),
    ("man", "men"),
    ("mouse", "mice"),
    ("movie", "movies"),
    ("cookie", "cookies"),
    ("person", "people"),
    ("phenomenon", "phenomena"),
    ("potato", "potatoes"),
    ("quiz", "quizzes"),
    ("shelf", "shelves"),
    ("thief", "thieves"),
    ("tomato", "tomatoes"),
    ("tooth", "teeth"),
    ("wife", "wives"),
    ("wolf", "wolves"),
    ("woman", "women"),
    ("echo", "echoes"),
    ("veto", "vetoes"),
    ("tie", "ties"),
    ("die", "dies"),
    ("cache", "caches"),
    ("axe", "axes"),
    ("house", "houses"),
    ("gas", "gases"),
    ("bus", "buses"),
    ("canvas", "canvases"),
    ("atlas", "atlases"),
    ("alias", "aliases"),
    ("bias", "biases"),
    ("lens", "lenses"),
];

/// Words that end like a plural and are none.
const SINGULAR_IN_S: &[&str] = &["chaos", "cosmos", "kudos", "pathos", "christmas", "always", "yes"];

/// The plural of a lower-case word in the singular.
pub(super) fn plural(word: &str) -> String {
    if UNCHANGED.contains(&word) {
        return word.to_owned();
    }
    if let Some((_, many)) = IRREGULAR.iter().find(|(one, _)| *one == word) {
        return (*many).to_owned();
    }
    if let Some(stem) = word.strip_suffix("sis") {
        return format!("{stem}ses");
    }
    if let Some(stem) = word.strip_suffix('y')
        && !stem.ends_with(['a', 'e', 'i', 'o', 'u'])
        && !stem.is_empty()
    {
        return format!("{stem}ies");
    }
    if word.ends_with(['s', 'x', 'z']) || word.ends_with("ch") || word.ends_with("sh") {
        return format!("{word}es");
    }
    format!("{word}s")
}

/// The singular of a lower-case word, which may be one already.
pub(super) fn singular(word: &str) -> String {
    if UNCHANGED.contains(&word) || SINGULAR_IN_S.contains(&word) || IRREGULAR.iter().any(|(one, _)| *one == word) {
        return word.to_owned();
    }
    if let Some((one, _)) = IRREGULAR.iter().find(|(_, many)| *many == word) {
        return (*one).to_owned();
    }
    if word.len() < 4 || ["ss", "us", "is"].iter().any(|tail| word.ends_with(tail)) {
        return word.to_owned();
    }
    if let Some(stem) = word.strip_suffix("ies") {
        return format!("{stem}y");
    }
    if let Some(stem) = word.strip_suffix("yses") {
        return format!("{stem}ysis");
    }
    for tail in ["sses", "uses", "xes", "ches", "shes", "zzes"] {
        if let Some(stem) = word.strip_suffix(tail) {
            // `causes`, `houses` and the like keep their `e`.
            let keeps = tail == "uses" && stem.ends_with(['a', 'o', 'e', 'f']);
            return format!("{stem}{}", if keeps { "use" } else { &tail[..tail.len() - 2] });
        }
    }
    word.strip_suffix('s').unwrap_or(word).to_owned()
}

/// The indefinite article before a lower-case word.
pub(super) fn article(word: &str) -> &'static str {
    const LIKE_YOU: &[&str] = &["uni", "use", "usa", "uti", "eu", "one", "ubi"];
    const SILENT_H: &[&str] = &["hour", "honest", "honor", "honour", "heir"];
    let starts = |list: &[&str]| list.iter().any(|start| word.starts_with(start));
    let vowel = word.starts_with(['a', 'e', 'i', 'o', 'u']);
    if (vowel && !starts(LIKE_YOU)) || starts(SILENT_H) { "an" } else { "a" }
}
