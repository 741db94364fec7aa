use super::{Reading, understand};
use crate::{
    WorkItem,
    work_item::{FieldType, ServiceSpec, prefilled_form},
};

fn item(title: &str, body: &str) -> WorkItem {
    WorkItem {
        id: "7".parse().expect("an id"),
        title: title.to_owned(),
        body: body.to_owned(),
        kind: "issue".to_owned(),
        labels: Vec::new(),
        author: String::new(),
    }
}

#[track_caller]
fn spec(body: &str) -> ServiceSpec {
    match understand(&item("Orders service", body), "item.md") {
        Ok(understood) => match understood.reading {
            Reading::Service(spec) => *spec,
            Reading::FreeForm => panic!("free form"),
        },
        Err(found) => panic!("{}", found.iter().map(|one| one.render()).collect::<String>()),
    }
}

/// Codes and lines of all findings.
#[track_caller]
fn refused(body: &str, expected: &[(&str, u32)]) {
    let found = understand(&item("Orders", body), "item.md").expect_err("a refusal");
    let shown: Vec<(&str, u32)> =
        found.iter().map(|one| (one.code.as_str(), one.span.as_ref().map_or(0, |span| span.line))).collect();
    assert_eq!(shown, expected, "{}", found.iter().map(|one| one.render()).collect::<String>());
    assert!(found.iter().all(|one| one.hint.is_some()));
}

const SHOP: &str = "Keeps orders\nof customers.\n\nMore.\n\n## Entities\n\n\
    - Customer: id (uuid), name (string), email (email), vip (bool?)\n\
    - Order: customer (Customer), status (enum(new|paid)), quantity (int), parent (Orders?)\n\n\
    ## Events\n- OrderPlaced: when an Order is created\n\n\
    ## Rules\n- Customer.email is unique\n- Order.quantity is at least 1.\n- Nice to customers\n";

#[test]
fn a_work_item_becomes_a_service() {
    let spec = spec(SHOP);
    assert_eq!((spec.name.kebab.as_str(), spec.summary.as_str()), ("orders", "Keeps orders of customers."));
    let [customer, order] = spec.entities.as_slice() else { panic!("two entities") };
    let names: Vec<&str> = customer.fields.iter().map(|field| field.name.snake.as_str()).collect();
    assert_eq!(names, ["name", "email", "vip"]);
    assert!(customer.fields[1].unique && !customer.fields[2].required);
    let names: Vec<&str> = order.fields.iter().map(|field| field.name.snake.as_str()).collect();
    assert_eq!(names, ["customer_id", "status", "quantity", "parent_id"]);
    assert_eq!(order.fields[1].values, ["new", "paid"]);
    assert_eq!((order.fields[2].min, order.fields[2].example.as_i64()), (Some(1), Some(1)));
    assert_eq!(order.references.iter().map(|name| name.snake.as_str()).collect::<Vec<_>>(), ["customer"]);
    assert_eq!(order.events.created, ["OrderCreated", "OrderPlaced"]);
    assert_eq!(spec.rules.iter().map(|rule| rule.enforced).collect::<Vec<_>>(), [true, true, false]);
}

#[test]
fn an_issue_form_reads_the_same() {
    let form = "### What the service is for\n\nKeeps notes.\n\n### Entities\n\n```text\nNote: text (text)\n```\n\n\
        ### Events\n\n_No response_\n\n### Rules\n\n_No response_\n";
    let spec = spec(form);
    assert_eq!((spec.entities.len(), spec.events.len(), spec.rules.len()), (1, 0, 0));
    assert_eq!(spec.summary, "Keeps notes.");
}

#[test]
fn types_have_their_usual_other_names() {
    let spec =
        spec("## Entities\n- A: a (Integer), b (money?), c? (a|b), d (enum: x, y), ref (B), e (Text)\n- B: n (string)");
    let types: Vec<FieldType> = spec.entities[0].fields.iter().map(|field| field.field_type).collect();
    use FieldType::{Decimal, Enum, Int, Reference, Text};
    assert_eq!(types, [Int, Decimal, Enum, Enum, Reference, Text]);
    assert_eq!(spec.entities[0].fields[4].name.snake, "b_id");
}

#[test]
fn every_mistake_is_named_in_one_pass() {
    refused(
        "## Entities\n- Order: x, y (strin), z (Custmer)\n- Orders: a (int)\n- Tag:\n- 注文: a (int)\n\
         - A: id (int), b (int), B (string), e (enum(x|x))\n\n## Events\n- Boom: bang\n\n## Rules\n- A.q is unique\n",
        &[
            ("FL0206", 2),
            ("FL0207", 2),
            ("FL0208", 2),
            ("FL0209", 3),
            ("FL0217", 4),
            ("FL0211", 5),
            ("FL0212", 6),
            ("FL0210", 6),
            ("FL0206", 6),
            ("FL0215", 9),
            ("FL0216", 12),
        ],
    );
    refused("## Entities\n\n", &[("FL0219", 1)]);
    refused("## Entities\n- A: b (B)\n- B: a (A)\n", &[("FL0213", 2), ("FL0213", 3)]);
    refused("## Entities\n- A: parent (A)\n", &[("FL0213", 2)]);
    refused("## Entities\n- Größe: a (int)\n- Groesse: a (int)\n", &[("FL0209", 3)]);
    refused(&format!("## Entities\n- {}: a (int)\n", "Long ".repeat(30)), &[("FL0211", 2)]);
}

#[test]
fn rings_with_an_optional_link_and_many_entities_are_fine() {
    assert_eq!(spec("## Entities\n- A: b (B)\n- B: a (A?)\n").entities.len(), 2);
    let many: String = (0..40).map(|n| format!("- Thing {n}: name (string)\n")).collect();
    assert_eq!(spec(&format!("## Entities\n{many}")).entities.len(), 40);
    refused(&format!("## Entities\n{many}- More: name (string)\n"), &[("FL0214", 42)]);
}

#[test]
fn a_free_form_item_is_answered_with_the_form() {
    let item = item("Order management service", "We need ```orders```.");
    let reading = understand(&item, "issue #7").expect("a reading").reading;
    assert_eq!(reading, Reading::FreeForm);
    let form = prefilled_form(&item);
    let inner = form.trim().trim_start_matches("```markdown\n").trim_end_matches("```");
    let (title, body) = inner.split_once('\n').expect("a title");
    assert_eq!(title, "# Order management service");
    assert!(matches!(
        understand(&WorkItem { body: body.to_owned(), ..item }, "x").expect("a reading").reading,
        Reading::Service(_)
    ));
}
