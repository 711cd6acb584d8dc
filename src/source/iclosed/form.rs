//! What the invitee wrote into the booking form, and where they came from.

use std::collections::{BTreeMap, HashSet};

use crate::domain::event::FormAnswer;

use super::tolerant::{Fields, Node, Shape};

/// Stands where an answer came without its question, since platforms refuse empty labels.
const NO_QUESTION: &str = "?";

/// The answers in the order of the form; what was not answered is left out.
pub(super) fn answers(root: &Fields<'_>) -> Vec<FormAnswer> {
    let told = ["questions_and_answers", "questions_and_responses"].into_iter().filter_map(|key| root.node(key));
    told.map(read_answers).find(|answers| !answers.is_empty()).unwrap_or_default()
}

fn read_answers(node: Node<'_>) -> Vec<FormAnswer> {
    match node.shape() {
        Shape::Null | Shape::Scalar(_) => Vec::new(),
        Shape::List(nodes) => nodes.into_iter().filter_map(read_pair).collect(),
        Shape::Map(fields) => numbered_then_labelled(&fields),
    }
}

/// `{"question": …, "answer": …}`.
fn read_pair(node: Node<'_>) -> Option<FormAnswer> {
    let Shape::Map(pair) = node.shape() else {
        return None;
    };
    let question = pair.text("question").or_else(|| pair.text("statement"));
    let answer = pair.node("answer").or_else(|| pair.node("response"))?.flat_text()?;
    Some(FormAnswer { question: question.unwrap_or_else(|| NO_QUESTION.to_owned()), answer })
}

/// `{"1_question": …, "1_response": …, "Phone Number": …}`: the pairs by their number, then labels that no pair had.
fn numbered_then_labelled(fields: &Fields<'_>) -> Vec<FormAnswer> {
    let mut pairs: BTreeMap<u64, (Option<String>, Option<String>)> = BTreeMap::new();
    let mut labelled = Vec::new();
    for field in fields.iter() {
        let answer = field.value.flat_text();
        match field.key.split_once('_').and_then(|(number, part)| Some((number.parse::<u64>().ok()?, part))) {
            Some((number, "question")) => pairs.entry(number).or_default().0 = answer,
            Some((number, "response" | "answer")) => pairs.entry(number).or_default().1 = answer,
            Some(_) | None => labelled.extend(answer.map(|answer| FormAnswer { question: label(&field.key), answer })),
        }
    }
    let asked: HashSet<String> = pairs.values().filter_map(|(question, _)| question.as_deref().map(same)).collect();
    let numbered = pairs.into_values().filter_map(|(question, answer)| {
        Some(FormAnswer { question: question.unwrap_or_else(|| NO_QUESTION.to_owned()), answer: answer? })
    });
    numbered.chain(labelled.into_iter().filter(|answer| !asked.contains(&same(&answer.question)))).collect()
}

fn label(key: &str) -> String {
    let key = key.trim();
    if key.is_empty() { NO_QUESTION.to_owned() } else { key.to_owned() }
}

fn same(question: &str) -> String {
    question.trim().to_lowercase()
}

/// Names and values in the order of the payload; `utmKey_N`/`utmValue_N` pairs become names and values of their own at the end.
pub(super) fn tracking(fields: &Fields<'_>) -> Vec<(String, String)> {
    let mut told: Vec<(String, String)> = Vec::new();
    let mut keys: BTreeMap<u64, String> = BTreeMap::new();
    let mut values: BTreeMap<u64, String> = BTreeMap::new();
    for field in fields.iter() {
        let Some(value) = field.value.flat_text() else { continue };
        let folded = field.folded();
        if let Some(number) = numbered(&folded, "utmkey") {
            keys.insert(number, value);
        } else if let Some(number) = numbered(&folded, "utmvalue") {
            values.insert(number, value);
        } else if !field.key.trim().is_empty() {
            told.push((field.key.trim().to_owned(), value));
        }
    }
    let mut names: HashSet<String> = told.iter().map(|(name, _)| same(name)).collect();
    for (number, name) in keys {
        if let Some(value) = values.remove(&number).filter(|_| names.insert(same(&name))) {
            told.push((name, value));
        }
    }
    told
}

fn numbered(key: &str, prefix: &str) -> Option<u64> {
    key.strip_prefix(prefix)?.parse().ok()
}
