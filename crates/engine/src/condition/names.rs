//! What an expression reads.

use std::collections::BTreeSet;

use cel::{
    IdedExpr,
    common::ast::{EntryExpr, Expr, LiteralValue},
};

/// Name of the index operator in the syntax tree.
const INDEX: &str = "_[_]";

/// The dotted paths that an expression reads, without the names that its own loops introduce.
pub(super) fn references(expression: &IdedExpr) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    visit(expression, &mut Vec::new(), &mut found);
    found
}

/// How deep loops nest. The list that a loop walks is made once, so loops in it do not count.
pub(super) fn loop_depth(expression: &IdedExpr) -> usize {
    if let Expr::Comprehension(own) = &expression.expr {
        let body = [&own.accu_init, &own.loop_cond, &own.loop_step, &own.result];
        let inner = body.into_iter().map(loop_depth).max().unwrap_or(0);
        return loop_depth(&own.iter_range).max(inner + 1);
    }
    children(expression).into_iter().map(loop_depth).max().unwrap_or(0)
}

fn visit<'e>(expression: &'e IdedExpr, local: &mut Vec<&'e str>, found: &mut BTreeSet<String>) {
    if let Some(path) = path(expression) {
        if !path[0].starts_with('@') && !local.contains(&path[0]) {
            found.insert(path.join("."));
        }
        return;
    }
    let before = local.len();
    if let Expr::Comprehension(own) = &expression.expr {
        visit(&own.iter_range, local, found);
        local.extend([own.iter_var.as_str(), own.accu_var.as_str()]);
        local.extend(own.iter_var2.as_deref());
        for inner in [&own.accu_init, &own.loop_cond, &own.loop_step, &own.result] {
            visit(inner, local, found);
        }
    } else {
        for child in children(expression) {
            visit(child, local, found);
        }
    }
    local.truncate(before);
}

/// `a.b["c"]` as its names.
fn path(expression: &IdedExpr) -> Option<Vec<&str>> {
    match &expression.expr {
        Expr::Ident(name) => Some(vec![name]),
        Expr::Select(select) => {
            let mut path = path(&select.operand)?;
            path.push(&select.field);
            Some(path)
        }
        Expr::Call(call) if call.func_name == INDEX => {
            let mut parts = call.target.as_deref().into_iter().chain(&call.args);
            let mut path = path(parts.next()?)?;
            let Expr::Literal(LiteralValue::String(name)) = &parts.next()?.expr else { return None };
            path.push(name.inner());
            Some(path)
        }
        _ => None,
    }
}

fn children(expression: &IdedExpr) -> Vec<&IdedExpr> {
    match &expression.expr {
        Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) => Vec::new(),
        Expr::Call(call) => call.target.as_deref().into_iter().chain(&call.args).collect(),
        Expr::Comprehension(own) => {
            vec![&own.iter_range, &own.accu_init, &own.loop_cond, &own.loop_step, &own.result]
        }
        Expr::List(list) => list.elements.iter().collect(),
        Expr::Map(map) => map.entries.iter().flat_map(|entry| of_entry(&entry.expr)).collect(),
        Expr::Struct(own) => own.entries.iter().flat_map(|entry| of_entry(&entry.expr)).collect(),
        Expr::Select(select) => vec![&select.operand],
    }
}

fn of_entry(entry: &EntryExpr) -> Vec<&IdedExpr> {
    match entry {
        EntryExpr::StructField(field) => vec![&field.value],
        EntryExpr::MapEntry(entry) => vec![&entry.key, &entry.value],
    }
}
