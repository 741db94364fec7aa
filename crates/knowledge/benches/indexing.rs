//! How fast is indexing, against nothing but the model; and what does one changed file cost?
//!
//! `cargo bench -p forgeline-knowledge --bench indexing --profile dev [-- <repository>]`: indexes `HEAD` of a repository
//! (without an argument: one that it makes) and prints ratios within this one run. The profile is the one that
//! everything else is built with; without it LanceDB is built once more. Needs ONNX Runtime: `make setup`.

#![expect(clippy::print_stdout, reason = "printing its measurements is what a benchmark is for")]

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use forgeline_knowledge::{BATCH, Embedder, Index, LibrarySource, Setup, Step, model_dir};
use forgeline_model::knowledge::{IndexRequest, Indexed, RefRole, SearchRequest};

/// Sections that are made when no repository is given.
const FILES: usize = 60;
const SECTIONS: usize = 20;

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    let given = std::env::args().skip(1).find(|argument| !argument.starts_with("--")).map(PathBuf::from);
    runtime.block_on(run(given.as_deref()))
}

async fn run(given: Option<&Path>) -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let repo = dir.path().join("repo");
    match given {
        Some(source) => git(dir.path(), &["clone", "-q", "--no-local", utf8(source)?, "repo"])?,
        None => make_repository(&repo)?,
    }
    let library = LibrarySource::from_env(|name| std::env::var_os(name));
    let setup = Setup { dir: dir.path().join("index"), model: model_dir(), library: library.clone() };
    let index = Index::open(&setup).await?;

    let (full, full_time) = timed(index_head(&index, &repo)).await?;
    ensure!(full.chunks_embedded > 0, "no embeddings: {}; run `make setup`", full.reason.unwrap_or_default());

    let mut texts = index.embedded_texts().await?;
    texts.sort_by_key(String::len);
    let mut model = Embedder::load(&library, &model_dir()).map_err(anyhow::Error::msg)?;
    let started = Instant::now();
    for batch in texts.chunks(BATCH) {
        model.embed(batch)?;
    }
    let bare_time = started.elapsed();

    let (again, again_time) = timed(index_head(&index, &repo)).await?;
    ensure!(again.chunks_embedded == 0, "unchanged content was embedded again");
    append_to_one_file(&repo)?;
    let (one, one_time) = timed(index_head(&index, &repo)).await?;

    let mut searches: Vec<Duration> = Vec::new();
    for word in ["retry after failure", "parse configuration", "how are errors reported"].iter().cycle().take(30) {
        searches.push(timed(async { Ok(index.search(&SearchRequest::new(*word)).await?) }).await?.1);
    }
    searches.sort();

    let rate = |chunks: u64, time: Duration| chunks as f64 / time.as_secs_f64();
    let (indexing, bare) = (rate(full.chunks_embedded, full_time), rate(texts.len() as u64, bare_time));
    println!("repository: {} files, {} chunks", full.files, full.chunks);
    println!("indexing             {indexing:8.1} chunks/s  ({full_time:.2?})");
    println!("bare model, sorted   {bare:8.1} chunks/s  ({bare_time:.2?})");
    println!("ratio                {:8.2}   (target: 0.8 or more)", indexing / bare);
    println!("re-index, no change  {again_time:8.2?}   {} chunks embedded", again.chunks_embedded);
    println!(
        "re-index, one file   {one_time:8.2?}   {} of {} chunks embedded, {:.1} % of the full time",
        one.chunks_embedded,
        one.chunks,
        100.0 * one_time.as_secs_f64() / full_time.as_secs_f64()
    );
    println!("search, median       {:8.2?}", searches[searches.len() / 2]);
    Ok(())
}

async fn timed<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<(T, Duration)> {
    let started = Instant::now();
    Ok((work.await?, started.elapsed()))
}

async fn index_head(index: &Index, repo: &Path) -> anyhow::Result<Indexed> {
    let request = IndexRequest {
        repo: "bench".to_owned(),
        git_dir: utf8(repo)?.to_owned(),
        ref_name: "HEAD".to_owned(),
        commit: None,
        role: RefRole::Default,
        generated: Vec::new(),
        budget_ms: None,
    };
    match index.index(&request).await? {
        Step::Done(indexed) => Ok(indexed),
        Step::More(_) => anyhow::bail!("no budget was set"),
    }
}

/// Sections of very different lengths, as documentation has them.
fn make_repository(repo: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(repo)?;
    git(repo, &["init", "-q"])?;
    let words =
        ["order", "retries", "after", "a", "failure", "of", "the", "payment", "service", "and", "reports", "it"];
    for file in 0..FILES {
        let mut text = String::new();
        for section in 0..SECTIONS {
            let length = 8 + (file * 31 + section * 47) % 140;
            let body: Vec<&str> = (0..length).map(|n| words[(n * n + file + section) % words.len()]).collect();
            text.push_str(&format!("## Section {section} of {file}\n\n{}\n\n", body.join(" ")));
        }
        std::fs::write(repo.join(format!("{file}.md")), text)?;
    }
    commit(repo)
}

fn append_to_one_file(repo: &Path) -> anyhow::Result<()> {
    let files = String::from_utf8(git_output(repo, &["ls-files", "*.md", "*.rs", "*.yaml"])?)?;
    let path = repo.join(files.lines().next().context("the repository has no text file")?);
    let text = std::fs::read_to_string(&path)?;
    std::fs::write(&path, format!("{text}\n\n## One more section\n\nThis sentence was not there before.\n"))?;
    commit(repo)
}

fn commit(repo: &Path) -> anyhow::Result<()> {
    git(repo, &["add", "-A"])?;
    git(repo, &["commit", "-q", "-m", "change"])
}

fn git(dir: &Path, arguments: &[&str]) -> anyhow::Result<()> {
    git_output(dir, arguments).map(drop)
}

fn git_output(dir: &Path, arguments: &[&str]) -> anyhow::Result<Vec<u8>> {
    let output = Command::new("git")
        .current_dir(dir)
        .args(["-c", "user.name=B", "-c", "user.email=b@example.org"])
        .args(arguments)
        .output()?;
    ensure!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(output.stdout)
}

fn utf8(path: &Path) -> anyhow::Result<&str> {
    path.to_str().with_context(|| format!("`{}` is not UTF-8", path.display()))
}
