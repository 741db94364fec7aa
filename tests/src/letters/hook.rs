//! A web service that answers as it is told and keeps what it gets.

use std::{
    collections::VecDeque,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

/// A call that arrived.
#[derive(Debug, Clone)]
pub(super) struct Call {
    headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Call {
    pub(super) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value)
    }
}

/// The service. Its thread ends with the test program.
pub(super) struct Hook {
    pub(super) url: String,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Hook {
    /// Answers the first calls with these heads, `503 Busy`, and the rest with success.
    pub(super) fn start(answers: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}/forgeline", listener.local_addr().expect("an address"));
        let calls: Arc<Mutex<Vec<Call>>> = Arc::default();
        let mut answers: VecDeque<String> = answers.iter().map(|answer| (*answer).to_owned()).collect();
        let kept = calls.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.expect("a connection");
                let answer = answers.pop_front().unwrap_or_else(|| "204 No Content".to_owned());
                serve(stream, &answer, &kept);
            }
        });
        Self { url, calls }
    }

    /// What arrived, oldest first.
    pub(super) fn calls(&self) -> Vec<Call> {
        self.calls.lock().expect("no panic while held").clone()
    }
}

fn serve(mut stream: TcpStream, answer: &str, kept: &Mutex<Vec<Call>>) {
    let mut reader = BufReader::new(stream.try_clone().expect("a second handle"));
    let mut headers = Vec::new();
    let mut line = String::new();
    while reader.read_line(&mut line).is_ok_and(|read| read > 0) && !line.trim().is_empty() {
        if let Some((name, value)) = line.trim().split_once(": ") {
            headers.push((name.to_owned(), value.to_owned()));
        }
        line.clear();
    }
    let mut call = Call { headers, body: String::new() };
    let mut body = vec![0; call.header("content-length").parse().unwrap_or(0)];
    reader.read_exact(&mut body).expect("the body");
    call.body = String::from_utf8(body).expect("UTF-8");
    kept.lock().expect("no panic while held").push(call);
    let _ = write!(stream, "HTTP/1.1 {answer}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
}
