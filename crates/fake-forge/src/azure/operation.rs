//! What an operation of the API is called, as its documentation does.

use super::{ORGANIZATION, call::decoded};

/// Names of parameters, by the part of the path before them.
const PARAMETERS: [(&str, &str); 13] = [
    ("projects", "{projectId}"),
    ("repositories", "{repositoryId}"),
    ("pullrequests", "{pullRequestId}"),
    ("threads", "{threadId}"),
    ("comments", "{commentId}"),
    ("commits", "{commitId}"),
    ("labels", "{labelIdOrName}"),
    ("reviewers", "{reviewerId}"),
    ("builds", "{buildId}"),
    ("workitems", "{id}"),
    ("reactions", "{reactionType}"),
    ("accesscontrollists", "{securityNamespaceId}"),
    ("subscriptions", "{subscriptionId}"),
];

/// `METHOD /{organization}/{project}/_apis/…`; none for what is no part of the API.
pub(super) fn name(method: &str, path: &str) -> Option<String> {
    let (place, rest) = path.split_once("/_apis/")?;
    let project = place.strip_prefix(&format!("/{ORGANIZATION}"))?;
    let mut name = format!("{method} /{{organization}}{}/_apis", if project.is_empty() { "" } else { "/{project}" });
    let mut parameter = None;
    for segment in rest.split('/') {
        name.push('/');
        match parameter.take() {
            Some("{id}") if decoded(segment).starts_with('$') => name.push_str("${type}"),
            Some(known) => name.push_str(known),
            None => {
                name.push_str(segment);
                let lower = segment.to_ascii_lowercase();
                parameter = PARAMETERS.iter().find(|(before, _)| *before == lower).map(|(_, after)| *after);
            }
        }
    }
    Some(name)
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn operations_are_called_as_the_documentation_calls_them() {
        for (path, expected) in [
            ("/fabrikam/_apis/projects", "GET /{organization}/_apis/projects"),
            (
                "/fabrikam/a/_apis/git/repositories/b/pullRequests/7/threads/8/comments/1/likes",
                "GET /{organization}/{project}/_apis/git/repositories/{repositoryId}/pullRequests/{pullRequestId}/threads/\
                 {threadId}/comments/{commentId}/likes",
            ),
            ("/fabrikam/a/_apis/wit/workitems/%24Issue", "GET /{organization}/{project}/_apis/wit/workitems/${type}"),
            ("/fabrikam/a/_apis/wit/workItems/7", "GET /{organization}/{project}/_apis/wit/workItems/{id}"),
        ] {
            assert_eq!(name("GET", path).as_deref(), Some(expected));
        }
        assert_eq!(name("GET", "/x/oauth2/v2.0/token"), None);
    }
}
