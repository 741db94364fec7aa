//! A repository and an index in a temporary directory.

use std::{path::PathBuf, process::Command};

use forgeline_knowledge::{Embedder, Index, LibrarySource, Setup, Step, model_dir};
use forgeline_model::knowledge::{Found, Hit, IndexRequest, Indexed, RefRole, SearchRequest};

pub(crate) struct World {
    pub(crate) dir: tempfile::TempDir,
    library: LibrarySource,
}

impl World {
    /// With embeddings.
    pub(crate) fn hybrid() -> Self {
        let library = LibrarySource::from_env(|name| std::env::var_os(name));
        if let Err(reason) = Embedder::load(&library, &model_dir()) {
            panic!("this test needs ONNX Runtime; run `make setup`: {reason}");
        }
        Self::new(library)
    }

    /// By words only.
    pub(crate) fn keywords() -> Self {
        Self::new(LibrarySource::Off)
    }

    fn new(library: LibrarySource) -> Self {
        let world = Self { dir: tempfile::tempdir().expect("temporary directory"), library };
        std::fs::create_dir(world.repo()).expect("creates");
        world.git(&["init", "-q", "-b", "main"]);
        world
    }

    /// The same place with another library.
    pub(crate) fn with_library(&mut self, library: LibrarySource) {
        self.library = library;
    }

    pub(crate) fn repo(&self) -> PathBuf {
        self.dir.path().join("shop")
    }

    pub(crate) fn index_dir(&self) -> PathBuf {
        self.dir.path().join("index")
    }

    #[track_caller]
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .current_dir(self.repo())
            .args(["-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"])
            .args(arguments)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .output()
            .expect("git runs");
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text").trim().to_owned()
    }

    /// Writes files and commits; the commit's id.
    pub(crate) fn commit(&self, files: &[(&str, &str)]) -> String {
        for (path, text) in files {
            let path = self.repo().join(path);
            std::fs::create_dir_all(path.parent().expect("inside the repository")).expect("creates");
            std::fs::write(path, text).expect("writes");
        }
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", "change"]);
        self.head()
    }

    pub(crate) fn head(&self) -> String {
        self.git(&["rev-parse", "HEAD"])
    }

    pub(crate) async fn open(&self) -> Index {
        self.try_open().await.expect("opens")
    }

    pub(crate) async fn try_open(&self) -> Result<Index, forgeline_knowledge::KnowledgeError> {
        Index::open(&Setup { dir: self.index_dir(), model: model_dir(), library: self.library.clone() }).await
    }

    pub(crate) fn request(&self, ref_name: &str, role: RefRole) -> IndexRequest {
        IndexRequest {
            repo: "acme/shop".to_owned(),
            git_dir: self.repo().to_str().expect("text").to_owned(),
            ref_name: ref_name.to_owned(),
            commit: None,
            role,
            generated: Vec::new(),
            budget_ms: None,
        }
    }

    /// Indexes `main` as the default branch.
    pub(crate) async fn index_main(&self, index: &Index) -> Indexed {
        done(index.index(&self.request("main", RefRole::Default)).await.expect("indexes"))
    }
}

pub(crate) fn done(step: Step) -> Indexed {
    match step {
        Step::Done(indexed) => indexed,
        Step::More(progress) => panic!("not done: {progress:?}"),
    }
}

pub(crate) async fn ask(index: &Index, query: &str) -> Found {
    index.search(&SearchRequest::new(query)).await.expect("answers")
}

pub(crate) fn paths(hits: &[Hit]) -> Vec<&str> {
    hits.iter().map(|hit| hit.path.as_str()).collect()
}

pub(crate) const ORDERS: &str = "//! Orders.\n\n/// An order that a customer placed.\npub struct PurchaseOrder {\n    pub \
                                 total: u64,\n}\n\nimpl PurchaseOrder {\n    /// Cancels it; the money goes back.\n    \
                                 pub fn cancelAndRefund(&mut self) {\n        self.total = 0;\n    }\n}\n";
pub(crate) const GUIDE: &str = "# Operations\n\n## Backups\n\nThe database is copied to another site every night at \
                                two.\n\n## Alerts\n\nThe person on call is paged when the error rate is above one percent.\n";
pub(crate) const CONFIG: &str = "name: shop\nretries: 3\nstorage:\n  bucket: invoices\n  region: eu-north\n";
