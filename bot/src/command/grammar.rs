//! From words to a command.

use std::collections::{BTreeMap, VecDeque};

use forgeline_blueprints::suggest::nearest;
use forgeline_model::Usd;

use super::{
    Command, CommandFault, MAX_LINE_BYTES, Verb,
    text::is_command_word,
    token::{Token, tokens},
};

pub(super) fn parse(line: &str) -> Result<Command, CommandFault> {
    if line.len() > MAX_LINE_BYTES {
        let message = format!("the line is longer than {MAX_LINE_BYTES} bytes");
        return Err(CommandFault { message, hint: Some("put long text into the item".into()), column: 1, length: 1 });
    }
    // The two commands that take free text read it as it is written, quotes and all.
    let mut bare = line.split_whitespace().skip_while(|word| is_command_word(word));
    if let Some(verb @ (Verb::Revise | Verb::Reject)) = bare.next().and_then(Verb::from_word) {
        return Arguments::plain(line, verb)?.free_text();
    }
    let mut words = tokens(line)?;
    if words.first().is_some_and(|word| is_command_word(&word.text)) {
        words.remove(0);
    }
    let Some(first) = words.first() else {
        let end = line.chars().count();
        let message = "the command is missing".to_owned();
        return Err(CommandFault {
            message,
            hint: Some("write `/forgeline help`".into()),
            column: end.max(1),
            length: 1,
        });
    };
    let verb = Verb::from_word(&first.text).ok_or_else(|| unknown(first))?;
    Arguments { verb, first: words.remove(0), rest: words.into(), line }.command()
}

fn unknown(word: &Token) -> CommandFault {
    let lower = word.text.to_lowercase();
    let hint = match nearest(&lower, Verb::ALL.map(Verb::word)) {
        Some(known) => format!("did you mean `{known}`?"),
        None => "write `/forgeline help` for the commands there are".to_owned(),
    };
    word.fault(format!("there is no command `{}`", shown(&word.text)), hint)
}

/// What follows the verb, taken one after the other.
struct Arguments<'a> {
    verb: Verb,
    first: Token,
    rest: VecDeque<Token>,
    line: &'a str,
}

impl<'a> Arguments<'a> {
    /// Words at white space alone.
    fn plain(line: &'a str, verb: Verb) -> Result<Self, CommandFault> {
        let mut words = VecDeque::new();
        let mut from = 0;
        for text in line.split_whitespace() {
            let start = from + line[from..].find(text).expect("a word of the line stands in the line");
            from = start + text.len();
            let column = line[..start].chars().count() + 1;
            words.push_back(Token { text: text.to_owned(), column, length: text.chars().count(), start });
        }
        while let Some(word) = words.pop_front() {
            if !is_command_word(&word.text) {
                return Ok(Self { verb, first: word, rest: words, line });
            }
        }
        Err(CommandFault { message: "the command is missing".into(), hint: None, column: 1, length: 1 })
    }

    fn free_text(mut self) -> Result<Command, CommandFault> {
        match self.verb {
            Verb::Reject => {
                let stage = self.parsed("stage")?;
                Ok(Command::Reject { stage, reason: self.remainder("reason")? })
            }
            // What reviewers wrote on lines may say it all.
            _ => Ok(Command::Revise { text: self.remainder("text").unwrap_or_default() }),
        }
    }

    fn command(mut self) -> Result<Command, CommandFault> {
        let command = match self.verb {
            Verb::Run => self.run()?,
            Verb::Plan => {
                let blueprint = self.required("blueprint")?.text;
                Command::Plan { blueprint, inputs: self.inputs(None)? }
            }
            Verb::Retry => self.retry()?,
            Verb::Cancel => Command::Cancel { run: self.optional_parsed()? },
            Verb::Approve => Command::Approve {
                stage: self.parsed("stage")?,
                sha: self.sha()?,
                digest: self.rest.pop_front().map(|word| word.text),
            },
            Verb::OkToTest => match self.rest.front() {
                Some(word) if word.text == "cancel" => {
                    self.rest.pop_front();
                    Command::OkToTestCancel
                }
                _ => Command::OkToTest { sha: self.sha()? },
            },
            Verb::Why => Command::Why { subject: self.rest.pop_front().map(|word| word.text) },
            Verb::Status => Command::Status,
            Verb::Help => Command::Help,
            Verb::Release => Command::Release,
            Verb::Hold => match self.rest.pop_front() {
                None => Command::Hold,
                Some(word) if word.text == "cancel" => Command::HoldCancel,
                Some(word) => return Err(self.unexpected(&word)),
            },
            Verb::Revise | Verb::Reject => return self.free_text(),
        };
        match self.rest.pop_front() {
            None => Ok(command),
            Some(word) => Err(self.unexpected(&word)),
        }
    }

    fn run(&mut self) -> Result<Command, CommandFault> {
        let blueprint = self.required("blueprint")?.text;
        let mut max_usd = None;
        let inputs = self.inputs(Some(&mut max_usd))?;
        Ok(Command::Run { blueprint, inputs, max_usd })
    }

    fn retry(&mut self) -> Result<Command, CommandFault> {
        let (mut stage, mut fresh) = (None, false);
        while let Some(word) = self.rest.pop_front() {
            if word.text == "--fresh" {
                fresh = true;
            } else if word.text.starts_with("--") {
                return Err(unknown_option(&word, &["--fresh"]));
            } else if stage.is_some() {
                return Err(self.unexpected(&word));
            } else {
                stage = Some(word.text.parse().map_err(|error| fault_of(&word, &error))?);
            }
        }
        Ok(Command::Retry { stage, fresh })
    }

    /// `name=value` words, and `--max-usd n` where the command has it.
    fn inputs(&mut self, mut max_usd: Option<&mut Option<Usd>>) -> Result<BTreeMap<String, String>, CommandFault> {
        let mut inputs = BTreeMap::new();
        while let Some(word) = self.rest.pop_front() {
            if word.text.starts_with("--") {
                let (option, inline) =
                    word.text.split_once('=').map_or((word.text.as_str(), None), |(o, v)| (o, Some(v)));
                let Some(target) = max_usd.as_deref_mut().filter(|_| option == "--max-usd") else {
                    let known: &[&str] = if max_usd.is_some() { &["--max-usd"] } else { &[] };
                    return Err(unknown_option(&word, known));
                };
                let amount = match inline {
                    Some(value) => Token { text: value.to_owned(), ..word.clone() },
                    None => self.rest.pop_front().ok_or_else(|| {
                        word.fault("`--max-usd` needs an amount", "write it like `--max-usd 1.50`".to_owned())
                    })?,
                };
                *target = Some(amount.text.parse().map_err(|error| fault_of(&amount, &error))?);
                continue;
            }
            let Some((name, value)) = word.text.split_once('=') else {
                let hint = format!("inputs are written `name=value`; usage: `{}`", self.verb.usage());
                return Err(word.fault(format!("`{}` has no `=`", shown(&word.text)), hint));
            };
            let well_formed = name.starts_with(|c: char| c.is_ascii_alphabetic())
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
            if !well_formed {
                let message = format!("`{}` is not the name of an input", shown(name));
                return Err(word.fault(message, "letters, digits, `_` and `-`, a letter first".to_owned()));
            }
            if inputs.insert(name.to_owned(), value.to_owned()).is_some() {
                return Err(word.fault(format!("`{name}` is given twice"), "give it once".to_owned()));
            }
        }
        Ok(inputs)
    }

    fn required(&mut self, what: &str) -> Result<Token, CommandFault> {
        match self.rest.pop_front() {
            Some(word) if word.text.contains('=') || word.text.starts_with("--") => {
                let message = format!("`{}` stands where the {what} should", shown(&word.text));
                Err(word.fault(message, self.usage()))
            }
            Some(word) => Ok(word),
            None => Err(self.missing(what)),
        }
    }

    fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(&mut self, what: &str) -> Result<T, CommandFault> {
        let word = self.required(what)?;
        word.text.parse().map_err(|error| fault_of(&word, &error))
    }

    fn optional_parsed<T: std::str::FromStr<Err: std::fmt::Display>>(&mut self) -> Result<Option<T>, CommandFault> {
        self.rest.pop_front().map(|word| word.text.parse().map_err(|error| fault_of(&word, &error))).transpose()
    }

    fn sha(&mut self) -> Result<String, CommandFault> {
        let word = self.required("commit")?;
        let sha = word.text.to_ascii_lowercase();
        if (7..=64).contains(&sha.len()) && sha.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Ok(sha);
        }
        Err(word
            .fault(format!("`{}` is not a commit id", shown(&word.text)), "give at least seven hex digits".to_owned()))
    }

    fn remainder(&mut self, what: &str) -> Result<String, CommandFault> {
        match self.rest.front() {
            Some(word) => Ok(self.line[word.start..].trim_end().to_owned()),
            None => Err(self.missing(what)),
        }
    }

    fn missing(&self, what: &str) -> CommandFault {
        self.first.fault(format!("`{}` needs a {what}", self.verb.word()), self.usage())
    }

    fn unexpected(&self, word: &Token) -> CommandFault {
        word.fault(format!("`{}` is one word too many", shown(&word.text)), self.usage())
    }

    fn usage(&self) -> String {
        format!("usage: `{}`", self.verb.usage())
    }
}

fn unknown_option(word: &Token, known: &[&str]) -> CommandFault {
    let hint = match nearest(&word.text, known.iter().copied()) {
        Some(option) => format!("did you mean `{option}`?"),
        None if known.is_empty() => "this command has no options".to_owned(),
        None => format!("known: `{}`", known.join("`, `")),
    };
    word.fault(format!("there is no option `{}`", shown(&word.text)), hint)
}

fn fault_of(word: &Token, error: &impl std::fmt::Display) -> CommandFault {
    // The error repeats the word as it is; what is shown must not end its code span.
    word.fault(error.to_string().replace(&word.text, &shown(&word.text)), None)
}

/// A word from outside, cut, without what would end a code span.
fn shown(text: &str) -> String {
    text.chars().take(60).map(|c| if c == '`' || c.is_control() { '\u{fffd}' } else { c }).collect()
}
