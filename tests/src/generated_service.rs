//! The service that `http-service` generates: it compiles, its tests pass, it holds against schemathesis, and it keeps
//! its data. Everything is built offline with the lock file that comes with it.

mod build;
mod generate;
mod server;

use build::Crate;
use generate::{Generated, generate};
use serde_json::json;
use server::Server;

const ORDERS: &str = include_str!("../../blueprints/http-service/examples/orders.md");
const LIBRARY: &str = include_str!("../../blueprints/http-service/examples/library.md");

/// Most files that the write gate lets through.
const MAX_FILES: usize = 100;

#[test]
fn the_service_of_the_example_builds_holds_and_keeps_its_data() {
    let generated = generate(ORDERS);
    all_documents_parse(&generated);
    let service = Crate::write(&generated, "order-management");
    service.cargo(&["test", "--quiet"]);
    service.cargo(&["build", "--quiet"]);

    let server = Server::start(&service);
    server.schemathesis();
    let customer = json!({"name": "Ana", "email": "kept@example.net"});
    let (status, kept) = server.request("POST", "/v1/customers", Some(&customer));
    assert_eq!(status, 201, "{kept}");
    let path = format!("/v1/customers/{}", kept["id"].as_str().expect("an id"));

    let server = server.crash_and_restart(&service);
    assert_eq!(server.request("GET", &path, None), (200, kept.clone()));
    let (status, refused) = server.request("POST", "/v1/customers", Some(&customer));
    assert_eq!((status, &refused["errors"][0]["pointer"]), (409, &json!("/email")));
    assert!(server.stop_in_good_order(), "SIGTERM ends the service with success");
}

#[test]
fn names_that_need_care_give_code_that_works() {
    let generated = generate(LIBRARY);
    all_documents_parse(&generated);
    // Many readers of YAML take a bare `on` for true.
    assert!(generated.file("api/openapi.yaml").contains("\"on\":\n"));
    Crate::write(&generated, "buecherei").cargo(&["test", "--quiet"]);
}

#[test]
fn forty_entities_fit_into_one_pull_request() {
    let chain: String = (1..40).map(|n| format!("- Part {}: name (string), of (Part {})\n", n + 1, n)).collect();
    let generated = generate(&format!("# Parts\n\n## Entities\n- Part 1: name (string)\n{chain}"));
    all_documents_parse(&generated);
    assert!(generated.files.len() <= MAX_FILES, "{} files", generated.files.len());
}

/// A run is repeated after a crash: the same item gives the same bytes.
#[test]
fn the_same_item_gives_the_same_files() {
    assert_eq!(generate(ORDERS).files, generate(ORDERS).files);
}

/// What a person can write into a work item stays text in every document.
#[test]
fn hostile_text_stays_text() {
    let hostile = "# Notes \"; drop\n\nA */ fn evil() {} {{inputs}} ${{ secrets.X }} \\u0000 <script>x</script> @team closes #1\n\
        ' : - [x] |\n\n## Entities\n- Note: text (text)\n\n## Rules\n- ``` ${{ y }} # <!-- hidden --> <b>\n";
    let generated = generate(hostile);
    all_documents_parse(&generated);
    for (path, text) in &generated.files {
        let shown = path.ends_with(".md");
        assert!(!shown || !(text.contains("<script>") || text.contains("@team") || text.contains("<b>")), "{path}");
        assert!(!path.starts_with(".github/") || !text.contains("secrets"), "{path}");
        assert!(!path.ends_with(".rs") || !text.contains("evil"), "{path}");
    }
}

/// What `init` installs is accepted as it stands.
#[test]
fn the_installed_forms_are_work_items() {
    let azure = include_str!("../../blueprints/http-service/forms/azure-work-item.md");
    let form = include_str!("../../blueprints/http-service/forms/github-issue.yml");
    let form: serde_yaml::Value = serde_yaml::from_str(form).expect("YAML");
    let sections: Vec<String> = form["body"]
        .as_sequence()
        .expect("a list")
        .iter()
        .map(|part| {
            let text = part["attributes"]["value"].as_str().unwrap_or("_No response_");
            format!("### {}\n\n{text}\n", part["attributes"]["label"].as_str().expect("a label"))
        })
        .collect();
    for body in [azure.to_owned(), sections.join("\n")] {
        let generated = generate(&format!("# Order service\n\n{body}"));
        assert!(generated.file("src/entities/order.rs").contains("customer_id"));
    }
}

/// Every criterion of the backlog names a test that is there.
#[test]
fn the_backlog_names_tests_that_exist() {
    let generated = generate(ORDERS);
    let backlog = generated.file("docs/backlog.md");
    let tests = generated.file("tests/entities.rs").to_owned() + generated.file("tests/service.rs");
    let named: Vec<&str> =
        backlog.lines().filter_map(|line| line.strip_suffix("` |")?.rsplit_once('`')).map(|(_, test)| test).collect();
    for test in &named {
        let name = test.rsplit("::").next().expect("a name");
        assert!(tests.contains(&format!("async fn {name}()")), "`{test}`");
    }
    let told = &generated.outputs["tests"]["tests"];
    assert_eq!(told.as_array().map(Vec::len), Some(named.len()), "TestsWritten counts them");
    let attributes = tests.matches("#[tokio::test]").count();
    assert_eq!(attributes, named.len(), "no test without a criterion");
}

#[track_caller]
fn all_documents_parse(generated: &Generated) {
    for (path, text) in &generated.files {
        let parsed = match path.rsplit('.').next() {
            Some("yaml" | "yml") => {
                serde_yaml::from_str::<serde_yaml::Value>(text).map(drop).map_err(|e| e.to_string())
            }
            Some("json") => serde_json::from_str::<serde_json::Value>(text).map(drop).map_err(|e| e.to_string()),
            _ => Ok(()),
        };
        assert_eq!(parsed, Ok(()), "{path}");
    }
}
