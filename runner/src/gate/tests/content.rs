//! What files and texts hold.

use super::*;

#[test]
fn only_text_without_control_characters() {
    check_content("ünïcode, tabs\tand\r\nlines\u{c}".as_bytes(), &[]);
    for bad in [&b"\x7fELF\x00\x01"[..], b"\xff\xfe", b"a\x1b[31mred", "next\u{85}line".as_bytes()] {
        check_content(bad, &[("text", Deny)]);
    }
    let proposal = Proposal { files: vec![("docs/a.md", b"one\ntwo\n\x07")], ..Proposal::default() };
    assert!(proposal.judge().render().contains("docs/a.md: line 3 has the control character U+0007"));
}

#[test]
fn nothing_hides_from_a_reviewer() {
    for good in [
        "\u{feff}with a mark\n",
        "emoji 👩\u{200d}👩\u{200d}👧 and ❤\u{fe0f}\u{200d}🔥, keycap 1\u{fe0f}\u{20e3}",
        "می\u{200c}خواهم",
        "葛\u{e0100}飾区",
    ] {
        check_content(good.as_bytes(), &[]);
    }
    for bad in [
        "if admin\u{202e} // ",
        "isolate\u{2066}",
        "zero\u{200b}width",
        "mark in \u{feff}the middle",
        "tag\u{e0041}",
        "user\u{200d}name",
        "user\u{200c}name",
        "soft\u{ad}hyphen",
        "filler\u{3164}",
        "line\u{2028}separator",
        "word\u{2060}joiner",
        "data ❤\u{fe0f}\u{fe01}",
        "data a\u{e0101}",
        "\u{200d}👧",
    ] {
        check_content(bad.as_bytes(), &[("hidden-text", Deny)]);
    }
}

#[test]
fn a_file_is_what_its_name_and_type_say() {
    let of = |path, content: &'static str, artifact_type, expected: &[(&str, Decision)]| {
        let files = vec![(path, content.as_bytes())];
        check(&Proposal { files, artifact_type: Some(artifact_type), ..Proposal::default() }, expected);
    };
    of("a.json", r#"{"a": [1]}"#, "SourceCode", &[]);
    of("a.json", r#"{"a": [1}"#, "SourceCode", &[("form", Deny)]);
    of("a.json5", "{a: 1, // so\n}", "SourceCode", &[]);
    of("a.yaml", "a: [1, 2]\n---\nb: &x 1\nc: *x\n", "SourceCode", &[]);
    of("a.yml", "a: [1, 2\n", "SourceCode", &[("form", Deny)]);
    of("chart.yaml", "a: {{ .Values.a }\n", "SourceCode", &[("form", NeedsHuman)]);
    let schema = r#"{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object"}"#;
    let broken = r#"{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "objekt"}"#;
    of("a.json", schema, "SourceCode", &[]);
    of("a.json", broken, "SourceCode", &[("form", Deny)]);
    of("a.json", r#"{"type": "objekt"}"#, "SourceCode", &[]);
    of("events.json", r#"{"type": "object"}"#, "EventContracts", &[]);
    of("events.json", r#"{"type": "objekt"}"#, "EventContracts", &[("form", Deny)]);
    of("events.json", "[]", "EventContracts", &[("form", Deny)]);
    of("events.txt", "{}", "EventContracts", &[("form", Deny)]);
    of("events.txt", "{}", "DocsPage", &[]);
}

#[test]
fn files_begin_with_the_licence_that_policy_asks_for() {
    let of = |path, content: &'static str, expected: &[(&str, Decision)]| {
        let headers = vec![("src/**/*.rs", "SPDX-License-Identifier: Apache-2.0")];
        check(&Proposal { files: vec![(path, content.as_bytes())], headers, ..Proposal::default() }, expected);
    };
    of("src/a/b.rs", "// SPDX-License-Identifier: Apache-2.0\nfn f() {}\n", &[]);
    of("src/b.rs", "#!/usr/bin/env run\n// SPDX-License-Identifier: Apache-2.0\n", &[]);
    of("src/b.rs", "fn f() {}\n// SPDX-License-Identifier: Apache-2.0\n", &[("licence-header", Deny)]);
    of("src/b.rs", "#![no_std]\n// SPDX-License-Identifier: Apache-2.0\n", &[("licence-header", Deny)]);
    of("src/b.rs", "// SPDX-License-Identifier: MIT\n", &[("licence-header", Deny)]);
    of("src/b.rs", "", &[("licence-header", Deny)]);
    of("docs/b.md", "# Page\n", &[]);
    check(&Proposal { files: vec![("src/b.rs", b"fn f() {}\n")], ..Proposal::default() }, &[]);
    let kept = Proposal {
        files: vec![("src/b.rs", b"fn f() {}\n")],
        headers: vec![("**", "Licence")],
        base: vec![("src/b.rs", BaseEntry::File)],
        unchanged: true,
        ..Proposal::default()
    };
    check(&kept, &[]);
}

#[test]
fn credentials_are_found_and_not_repeated() {
    let filler = |alphabet: &str, n: usize| alphabet.chars().cycle().take(n).collect::<String>();
    let mixed = "Zk3Q9xT7bV1mR5yL8wJ2";
    for secret in [
        format!("AKIA{}", filler("Q3Z7", 16)),
        format!("aws_secret_access_key = {}", filler(mixed, 40)),
        format!("gh{}_{}", "p", filler(mixed, 36)),
        format!("gh{}_{}", "s", filler(mixed, 36)),
        format!("github_{}_{}", "pat", filler(mixed, 60)),
        format!("gl{}-{}", "pat", filler(mixed, 20)),
        format!("xox{}-{}", "b", filler("1234567890", 24)),
        format!("-----BEGIN {}PRIVATE KEY-----", "RSA "),
        format!("-----BEGIN {}-----", "PRIVATE KEY"),
        format!("-----BEGIN {}-----", "PGP PRIVATE KEY BLOCK"),
        format!("AIza{}", filler(mixed, 35)),
        format!("DefaultEndpointsProtocol=https;AccountName=x;AccountKey={}==", filler(mixed, 86)),
        format!("Endpoint=sb://x/;SharedAccessKey={}=", filler(mixed, 43)),
        format!("{}AZDO{}", filler(mixed, 76), filler(mixed, 4)),
        format!("AZURE_DEVOPS_TOKEN={}", filler("abcdefghij234567klmnop", 52)),
        format!("eyJ{}.eyJ{}.{}", filler(mixed, 20), filler(mixed, 40), filler(mixed, 30)),
        format!("api_key = \"{mixed}\""),
        format!("\"client_secret\": \"{mixed}\""),
        format!("postgres://app:{mixed}@db/app"),
        format!("sk-{}", filler(mixed, 48)),
    ] {
        let content = format!("first line\n{secret}\nlast\n");
        let proposal = Proposal { files: vec![("config/x.conf", content.as_bytes())], ..Proposal::default() };
        check(&proposal, &[("secrets", Deny)]);
        let shown = proposal.judge().render();
        assert!(shown.contains("line 2") && !shown.contains(&secret), "{shown}");
        assert!(crate::gate::secrets::credential(&content).is_some_and(|what| !what.is_empty()));
        let text = Proposal { texts: vec![("pull request body", &secret)], ..Proposal::default() };
        check(&text, &[("secrets", Deny)]);
    }
}

#[test]
fn talk_about_credentials_passes() {
    for content in [
        "api_key = \"${API_KEY}\"",
        "token: ${{ secrets.GITHUB_TOKEN }}",
        "password: changeme",
        "secret = os.environ[\"CLIENT_SECRET_FOR_THE_SERVICE\"]",
        "let token = next_token_from_the_stream();",
        "api_key: your-api-key-goes-right-here",
        "postgres://postgres:postgres@localhost:5432/app",
        "secretKeyRef: {name: orders, key: database-url}",
        "checksum = \"sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"",
        "https://example.com/a:b/@scope",
    ] {
        check_content(content.as_bytes(), &[]);
    }
}

#[test]
fn words_that_go_out_do_not_steer_the_forge() {
    for (text, expected) in [
        ("Add the orders service\n\nAs asked in #7.", &[][..]),
        ("Note: by hand", &[]),
        ("Standby: the service waits", &[]),
        ("fix [skip ci]", &[("skip-ci", Deny)]),
        ("fix [CI skip]", &[("skip-ci", Deny)]),
        ("fix [no ci]", &[("skip-ci", Deny)]),
        ("fix ***NO_CI***", &[("skip-ci", Deny)]),
        ("fix [skip azurepipelines]", &[("skip-ci", Deny)]),
        ("fix\n\nskip-checks: true", &[("skip-ci", Deny)]),
        ("fix\n\nSigned-off-by: Ana <ana@example.com>", &[("trailers", Deny)]),
        ("fix\n\nForgeline-Run-Key: 00", &[("trailers", Deny)]),
        ("fix\r\n co-authored-by: x <x@y>", &[("trailers", Deny)]),
        ("ring\u{7}", &[("text", Deny)]),
        ("hid\u{200b}den", &[("hidden-text", Deny)]),
    ] {
        check(&Proposal { texts: vec![("commit message", text)], ..Proposal::default() }, expected);
    }
}
