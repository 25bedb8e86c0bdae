//! The comparison of two payloads.

use super::document::{Field, Node, order, unquoted};
use super::number::{canonical, is_number};
use super::path::{Path, Step};
use std::cmp::Ordering;

/// The place of a value that differs. Numbers are compared as they are written, objects without the order of their keys, and lists
/// without the order of their items, since that of a `HashSet` is another each time.
pub(super) fn difference(one: &Node<'_>, other: &Node<'_>) -> Option<Path> {
    match (one, other) {
        (Node::Scalar(one), Node::Scalar(other)) => (!is_same(one, other)).then(Path::default),
        (Node::List(one), Node::List(other)) if one.len() == other.len() => {
            let mut items = one.iter().zip(other).enumerate();
            let first = items.find_map(|(index, (one, other))| {
                difference(one, other).map(|path| path.within(Step::Item(index)))
            });
            first.filter(|_| sorted(one) != sorted(other))
        }
        (Node::Object(one), Node::Object(other)) => difference_of_objects(one, other),
        _ => Some(Path::default()),
    }
}

fn difference_of_objects(mut one: &[Field<'_>], mut other: &[Field<'_>]) -> Option<Path> {
    loop {
        let (field, path) = match (one, other) {
            ([], []) => return None,
            ([field, ..], []) | ([], [field, ..]) => (field, Some(Path::default())),
            ([first, rest @ ..], [other_first, other_rest @ ..]) => {
                match order(&first.key).cmp(&order(&other_first.key)) {
                    Ordering::Less => (first, Some(Path::default())),
                    Ordering::Greater => (other_first, Some(Path::default())),
                    Ordering::Equal => {
                        (one, other) = (rest, other_rest);
                        (first, difference(&first.value, &other_first.value))
                    }
                }
            }
        };
        if let Some(path) = path {
            return Some(path.within(field.step()));
        }
    }
}

fn is_same(one: &str, other: &str) -> bool {
    one == other
        || match (is_number(one), is_number(other)) {
            (true, true) => canonical(one) == canonical(other),
            (false, false) => one.starts_with('"') && unquoted(one) == unquoted(other),
            _ => false,
        }
}

fn sorted(items: &[Node<'_>]) -> Vec<String> {
    let mut items: Vec<String> = items.iter().map(canonical_text).collect();
    items.sort_unstable();
    items
}

/// A text in which equal values are equal.
fn canonical_text(node: &Node<'_>) -> String {
    match node {
        Node::Scalar(scalar) if is_number(scalar) => canonical(scalar).to_owned(),
        Node::Scalar(scalar) if scalar.starts_with('"') => format!("{:?}", unquoted(scalar)),
        Node::Scalar(scalar) => (*scalar).to_owned(),
        Node::List(items) => format!("[{}]", sorted(items).join(",")),
        Node::Object(fields) => {
            let fields: Vec<String> = fields
                .iter()
                .map(|field| format!("{:?}:{}", field.key, canonical_text(&field.value)))
                .collect();
            format!("{{{}}}", fields.join(","))
        }
    }
}
