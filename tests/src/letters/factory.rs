//! A factory whose blueprint `notes` dies unless it is told what to write.

use std::{cell::Cell, fs, process::Command};

use serde_json::Value;

use crate::world::{Said, World};

/// A machine with `acme/shop`, a critical project, and the factory.
pub(super) struct Notes {
    pub(super) world: World,
    issues: Cell<usize>,
}

impl Notes {
    /// With these lines more in `forgeline.yaml`.
    pub(super) fn new(more: &str) -> Self {
        let world = World::with_shop();
        let project = "{id: shop, repositories: [acme/shop], owners: [\"@ana\"], criticality: critical}";
        world.write(
            "factory/forgeline.yaml",
            format!("apiVersion: forgeline.dev/v1\nkind: Factory\nprojects: [{project}]\n{more}"),
        );
        let notes = Self { world, issues: Cell::new(0) };
        notes.blueprint("notes", "[{label: notes}]", "notes-writer");
        notes.world.write(
            "factory/agents/notes-writer/agent.yaml",
            "apiVersion: forgeline.dev/v1\nkind: Agent\nmetadata: {name: notes-writer, version: 1.0.0, owners: [\"@ana\"], title: Notes}\n\
             inputs: {type: object, properties: {folder: {type: string}, text: {type: string}}}\n\
             skills:\n  - id: write\n    kind: template\n    templates: [{from: templates/note.hbs, to: \"{{with.folder}}/note.yaml\"}]\n\
             output: {type: Note, validators: [yaml, paths, utf8]}\n",
        );
        notes.world.write("factory/agents/notes-writer/templates/note.hbs", "note: {{with.text}}\n");
        notes.operator("");
        notes
    }

    fn blueprint(&self, name: &str, on: &str, agent: &str) {
        let with = match agent {
            "notes-writer" => "{folder: docs, text: \"{{inputs.text}}\"}",
            _ => "{folder: repairs}",
        };
        let produces = match agent {
            "notes-writer" => "[{path: \"docs/*.yaml\", type: Note}]",
            _ => "[{path: \"*/*.md\", type: DocsPage}]\n    emits: [DocsPageWritten@1.0]",
        };
        self.world.write(
            &format!("factory/blueprints/{name}/blueprint.yaml"),
            format!(
                "apiVersion: forgeline.dev/v1\nkind: Blueprint\nmetadata: {{name: {name}, version: 1.0.0, owners: [\"@ana\"]}}\non: {on}\n\
                 inputs: {{type: object, properties: {{text: {{type: string, default: \"[broken\"}}}}}}\n\
                 stages:\n  - id: write\n    uses: {agent}@^1\n    with: {with}\n    retries: {{max_attempts: 1}}\n    produces: {produces}\n"
            ),
        );
    }

    /// A blueprint that listens to dead letters.
    pub(super) fn compensated(&self, name: &str, agent: &str, when: &str) {
        let on = format!("[{{event: {{type: DeadLettered, version: \"^1\", when: '{when}'}}}}]");
        self.blueprint(name, &on, agent);
    }

    /// A blueprint that listens to new items.
    pub(super) fn on_new_items(&self, name: &str) {
        self.blueprint(name, "[{work_item: {types: [issue]}}]", "docs-writer");
    }

    /// The operator's file, with these channels.
    pub(super) fn operator(&self, channels: &str) {
        let notify = if channels.is_empty() { String::new() } else { format!("notify:\n{channels}") };
        self.world.write("operator.yaml", format!("apiVersion: forgeline.dev/v1\nkind: Operator\n{notify}"));
    }

    /// Adds to the operator's file.
    pub(super) fn operator_also(&self, lines: &str) {
        let path = self.world.path("operator.yaml");
        let text = fs::read_to_string(&path).expect("the operator's file");
        fs::write(path, text + lines).expect("writes");
    }

    pub(super) fn run(&self, args: &[&str]) -> Said {
        let factory = self.world.path("factory").display().to_string();
        let operator = self.world.path("operator.yaml").display().to_string();
        let variables = [
            ("FORGELINE_FACTORY", factory.as_str()),
            ("FORGELINE_CONFIG", operator.as_str()),
            ("HOOK_SECRET", "hook-secret"),
            ("MAIL_PASSWORD", "pw"),
        ];
        self.world.run_with(&variables, args)
    }

    #[track_caller]
    pub(super) fn ok(&self, args: &[&str]) -> Said {
        let said = self.run(args);
        assert_eq!(said.code, 0, "forgeline {args:?}\nstdout:\n{}\nstderr:\n{}", said.out, said.err);
        said
    }

    /// A new issue starts `notes`, and that dies.
    #[track_caller]
    pub(super) fn dies(&self) {
        self.issues.set(self.issues.get() + 1);
        let title = format!("Note {}", self.issues.get());
        self.ok(&["local", "issue", "create", "-t", &title, "-b", "Text.", "-l", "notes"]);
    }

    /// Dead letters, newest first.
    pub(super) fn letters(&self) -> Vec<Value> {
        self.ok(&["--json", "dlq", "list"]).json()["dead_letters"].as_array().expect("a list").clone()
    }

    /// What waits for its time is due now.
    pub(super) fn time_passes(&self) {
        self.sql("UPDATE notice SET next_at = 0 WHERE state = 'planned'");
    }

    /// What happened is an hour older.
    pub(super) fn hour_passes(&self) {
        self.sql("UPDATE notice SET at = at - 3600000");
        self.sql("UPDATE dlq SET at = at - 3600000");
    }

    /// Changes the database behind Forgeline's back.
    pub(super) fn sql(&self, statement: &'static str) {
        let path = self.world.path("state/forgeline.db");
        let change = async {
            use sqlx::{ConnectOptions as _, Connection as _, sqlite::SqliteConnectOptions};
            let mut database = SqliteConnectOptions::new().filename(path).connect().await.expect("opens");
            sqlx::query(statement).execute(&mut database).await.expect("changes");
            database.close().await.expect("closes");
        };
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(change);
    }
}

/// HMAC-SHA256 in Base64, by another program than the one that is tested.
pub(super) fn hmac(key: &str, text: &str) -> String {
    let script = "import base64, hmac, sys; \
                  print(base64.b64encode(hmac.new(sys.argv[1].encode(), sys.argv[2].encode(), 'sha256').digest()).decode())";
    let output = Command::new("python3").args(["-c", script, key, text]).output().expect("python3 starts");
    String::from_utf8(output.stdout).expect("text").trim().to_owned()
}
