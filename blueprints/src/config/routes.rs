//! Which repository a work item is about.

use serde::{Deserialize, Serialize};

use super::FactoryConfig;

/// Where work items go that are all of this; at least one thing is said of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// Area path and what is below it, `Shop\Orders`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area_path: Option<String>,
    /// A label, or a tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Type of the work item, `Bug`; `issue` where forges have no types.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub item_type: Option<String>,
    /// `owner/name`.
    pub repository: String,
}

/// What routes look at in a work item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ItemPlace<'a> {
    /// Labels or tags.
    pub labels: &'a [String],
    /// Its type.
    pub kind: &'a str,
    /// Its area path, if its forge has such a thing.
    pub area: Option<&'a str>,
}

impl Route {
    /// Whether a work item goes here.
    pub fn takes(&self, item: ItemPlace<'_>) -> bool {
        let by_area = self.area_path.as_ref().is_none_or(|area| item.area().is_some_and(|it| is_below(it, area)));
        let by_label = self.label.as_ref().is_none_or(|it| item.labels.iter().any(|label| same(label, it)));
        by_area && by_label && self.item_type.as_ref().is_none_or(|it| same(it, item.kind))
    }

    /// Whether it says anything of the items that it takes.
    pub fn is_empty(&self) -> bool {
        self.area_path.is_none() && self.label.is_none() && self.item_type.is_none()
    }
}

impl<'a> ItemPlace<'a> {
    /// The area path; where a forge has none, a label `area:Shop\Orders` stands for it.
    fn area(self) -> Option<&'a str> {
        self.area.or_else(|| self.labels.iter().find_map(|label| label.strip_prefix("area:")).map(str::trim))
    }
}

impl FactoryConfig {
    /// The first route that takes a work item.
    pub fn route_of(&self, item: ItemPlace<'_>) -> Option<&Route> {
        self.routes.iter().find(|route| route.takes(item))
    }
}

fn same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

/// Whether an area is another one or lies in it.
fn is_below(area: &str, top: &str) -> bool {
    let parts = |path: &str| -> Vec<String> {
        path.split(['\\', '/']).map(|part| part.trim().to_lowercase()).filter(|part| !part.is_empty()).collect()
    };
    parts(area).starts_with(&parts(top))
}

#[cfg(test)]
mod tests {
    use super::{ItemPlace, Route};
    use crate::config::FactoryConfig;

    fn route(area: Option<&str>, label: Option<&str>, item_type: Option<&str>, repository: &str) -> Route {
        let own = |text: Option<&str>| text.map(str::to_owned);
        Route { area_path: own(area), label: own(label), item_type: own(item_type), repository: repository.to_owned() }
    }

    #[test]
    fn the_first_route_that_takes_an_item_counts() {
        let config = FactoryConfig {
            routes: vec![
                route(Some("Shop\\Orders"), None, Some("Bug"), "acme/bugs"),
                route(Some("Shop\\Orders"), None, None, "acme/orders"),
                route(None, Some("payments"), None, "acme/pay"),
            ],
            ..FactoryConfig::default()
        };
        let find = |area: Option<&str>, labels: &[&str], kind: &str| {
            let labels: Vec<String> = labels.iter().map(|it| (*it).to_owned()).collect();
            let found = config.route_of(ItemPlace { labels: &labels, kind, area });
            found.map(|it| it.repository.clone())
        };
        assert_eq!(find(Some("Shop\\Orders"), &[], "bug").as_deref(), Some("acme/bugs"));
        assert_eq!(find(Some("shop/orders/api"), &["payments"], "Feature").as_deref(), Some("acme/orders"));
        assert_eq!(find(None, &["area:Shop\\Orders"], "issue").as_deref(), Some("acme/orders"));
        assert_eq!(find(Some("Shop\\OrdersNew"), &["Payments"], "issue").as_deref(), Some("acme/pay"));
        assert_eq!(find(Some("Shop"), &[], "issue"), None);
    }
}
