//! Lines of bounded length.

use tokio::io::{AsyncBufRead, AsyncBufReadExt as _};

/// What came before the next line break.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// A line, now in the buffer, without its break.
    Whole,
    /// The input ended; a part of a line does not count.
    End,
    /// The line is longer than allowed.
    TooLong,
}

/// Reads one line of at most `most` bytes into `buffer`, which is cleared first.
pub(crate) async fn read(
    input: &mut (impl AsyncBufRead + Unpin),
    most: usize,
    buffer: &mut Vec<u8>,
) -> std::io::Result<Line> {
    buffer.clear();
    loop {
        let available = input.fill_buf().await?;
        if available.is_empty() {
            return Ok(Line::End);
        }
        let (used, step) = take(available, most, buffer);
        input.consume(used);
        if let Some(line) = step {
            return Ok(line);
        }
    }
}

/// [`read`] for a blocking input.
pub(crate) fn read_blocking(
    input: &mut impl std::io::BufRead,
    most: usize,
    buffer: &mut Vec<u8>,
) -> std::io::Result<Line> {
    buffer.clear();
    loop {
        let available = match input.fill_buf() {
            Ok(available) => available,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if available.is_empty() {
            return Ok(Line::End);
        }
        let (used, step) = take(available, most, buffer);
        input.consume(used);
        if let Some(line) = step {
            return Ok(line);
        }
    }
}

fn take(available: &[u8], most: usize, buffer: &mut Vec<u8>) -> (usize, Option<Line>) {
    let end = available.iter().position(|byte| *byte == b'\n');
    let part = &available[..end.unwrap_or(available.len())];
    if buffer.len() + part.len() > most {
        return (part.len(), Some(Line::TooLong));
    }
    buffer.extend_from_slice(part);
    (part.len() + usize::from(end.is_some()), end.map(|_| Line::Whole))
}

#[cfg(test)]
mod tests {
    use super::{Line, read_blocking};

    #[test]
    fn lines_are_whole_or_nothing() {
        let mut input = std::io::BufReader::with_capacity(3, &b"abcdef\n\nlonger than ten\nend"[..]);
        let mut buffer = Vec::new();
        let mut next = || {
            let line = read_blocking(&mut input, 10, &mut buffer).expect("memory");
            (line, String::from_utf8_lossy(&buffer).into_owned())
        };
        assert_eq!(next(), (Line::Whole, "abcdef".to_owned()));
        assert_eq!(next(), (Line::Whole, String::new()));
        assert_eq!(next().0, Line::TooLong);
    }

    #[test]
    fn half_a_line_is_no_message() {
        let mut buffer = Vec::new();
        assert_eq!(read_blocking(&mut &b"half"[..], 10, &mut buffer).expect("memory"), Line::End);
    }
}
