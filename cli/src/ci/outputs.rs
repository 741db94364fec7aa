//! What a job gives to the steps after it.

use forgeline_engine::Outcome;
use forgeline_model::Digest;
use forgeline_store::RunView;

use super::{Ci, System, speech::azure_data};

/// Names and values, in their order. What is not known is left out.
pub(super) fn of_run(ci: &Ci, view: &RunView) -> Vec<(&'static str, String)> {
    let (spec, state) = (&view.spec, &view.state);
    let pull_request = match state.outcome() {
        Some(Outcome::Published(publication)) => publication.pull_request.as_ref().map(|it| it.number),
        _ => None,
    };
    let branch = match state.outcome() {
        Some(Outcome::Published(publication)) => Some(publication.branch.clone()),
        _ => None,
    };
    let all = [
        ("run-id", Some(spec.id.to_string())),
        ("run-url", ci.url.clone()),
        ("status", Some(state.word().to_owned())),
        ("cost-usd", Some(state.spent.usd.to_string())),
        ("pr-url", pull_request.and_then(|number| ci.pull_request_url(number))),
        ("branch", branch),
    ];
    all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// What is said when there is no run.
pub(super) fn of_failure(ci: &Ci) -> Vec<(&'static str, String)> {
    let url = ci.url.clone().map(|url| ("run-url", url));
    url.into_iter().chain([("status", "error".to_owned())]).collect()
}

/// The outputs in the system's form: lines for the outputs file of GitHub, commands for the log of Azure.
pub(super) fn written(system: System, outputs: &[(&str, String)]) -> String {
    let one = |(name, value): &(&str, String)| match system {
        // A delimiter that depends on the value: whoever makes the value cannot put it in.
        System::GitHub => {
            let end = format!("end_{}", Digest::of(value).hex());
            format!("{name}<<{end}\n{}\n{end}\n", value.replace('\r', ""))
        }
        System::Azure => format!("##vso[task.setvariable variable={name};isOutput=true]{}\n", azure_data(value)),
    };
    outputs.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::{System, written};

    #[test]
    fn no_value_brings_another_output() {
        let hostile =
            [("branch", "a\nstatus=published\nend\nrun-id<<x\n1".to_owned()), ("status", "failed".to_owned())];
        let github = written(System::GitHub, &hostile);
        let (head, rest) = github.split_once('\n').expect("a first line");
        let end = head.strip_prefix("branch<<").expect("a delimiter");
        let (value, rest) = rest.split_once(&format!("\n{end}\n")).expect("its end");
        assert_eq!(value, hostile[0].1);
        assert!(rest.starts_with("status<<end_"), "{rest}");
        assert_eq!(
            written(System::Azure, &hostile),
            "##vso[task.setvariable variable=branch;isOutput=true]a%0Astatus=published%0Aend%0Arun-id<<x%0A1\n\
             ##vso[task.setvariable variable=status;isOutput=true]failed\n"
        );
    }
}
