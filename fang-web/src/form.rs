//! Forms whose errors stand beside their fields.

use crate::pairs::Pairs;
use crate::refusal::Refusal;
use crate::show::visible;
use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};

/// What is wrong with the fields of a form, by their names. The empty name is that of the whole form.
#[derive(Debug, Default)]
pub(crate) struct Errors {
    all: Vec<(&'static str, String)>,
    /// The status of the answer, if it is not that of a field.
    status: Option<StatusCode>,
}

impl Errors {
    pub(crate) fn add(&mut self, field: &'static str, error: &impl ToString) {
        self.all.push((field, error.to_string()));
    }

    /// Takes a refusal that is of no field, such as that of a store that is away. What was written stays in the form.
    pub(crate) fn refuse(&mut self, refusal: impl Into<Refusal>) {
        let Refusal { status, reason } = refusal.into();
        self.add("", &reason);
        self.status = Some(status);
    }

    /// The page with the form, as the answer to a form with these errors.
    pub(crate) fn answer(&self, mut page: Response) -> Response {
        *page.status_mut() = self.status.unwrap_or(StatusCode::BAD_REQUEST);
        page
    }

    /// The value of a field, or nothing if it cannot be read.
    pub(crate) fn take<T>(&mut self, field: &'static str, read: Result<T, impl ToString>) -> Option<T> {
        read.map_err(|error| self.add(field, &error)).ok()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    fn of(&self, field: &str) -> Option<&str> {
        self.all.iter().find(|(of, _)| *of == field).map(|(_, error)| error.as_str())
    }
}

/// The fields of a form, as they were given.
pub(crate) struct Form<'a> {
    given: &'a Pairs,
    errors: Option<&'a Errors>,
}

impl<'a> Form<'a> {
    /// One that was not sent yet. An address may fill fields.
    pub(crate) fn fresh(given: &'a Pairs) -> Self {
        Self { given, errors: None }
    }

    /// One that was sent, with what is wrong.
    pub(crate) fn sent(given: &'a Pairs, errors: &'a Errors) -> Self {
        Self { given, errors: Some(errors) }
    }

    /// What a field has. A field that was sent empty stays so.
    fn value(&self, name: &str, first: &str) -> String {
        let first = if self.errors.is_some() { "" } else { first };
        self.given.get(name).unwrap_or(first).to_owned()
    }

    fn error(&self, name: &str) -> Option<&str> {
        self.errors.and_then(|errors| errors.of(name))
    }

    /// What is wrong with the whole form.
    pub(crate) fn trouble(&self) -> Markup {
        let has_errors = self.errors.is_some_and(|errors| !errors.is_empty());
        html! {
            @if let Some(error) = self.error("") { p.bad-box role="alert" { bdi { (visible(error)) } } }
            @else if has_errors { p.bad-box role="alert" { "Nothing was changed: look at the fields that are marked." } }
        }
    }

    /// A field that nobody sees, as it was given.
    pub(crate) fn hidden(&self, name: &str) -> Markup {
        html! { @if let Some(value) = self.given.get(name) { input type="hidden" name=(name) value=(value); } }
    }

    /// A line of text.
    pub(crate) fn text(&self, name: &str, title: &str, hint: &str, first: &str, is_needed: bool) -> Markup {
        let (error, list) = (self.error(name), (name == "task_type").then_some("types"));
        self.field(
            name,
            "field",
            &html! {
                label { (title)
                    input type="text" name=(name) value=(self.value(name, first)) placeholder=(hint) required[is_needed] list=[list]
                        aria-invalid=[error.map(|_| "true")] aria-describedby=[error.map(|_| format!("wrong-{name}"))];
                }
            },
        )
    }

    /// Several lines of JSON.
    pub(crate) fn json(&self, name: &str, title: &str, first: &str) -> Markup {
        let error = self.error(name);
        self.field(
            name,
            "field whole",
            &html! {
                label.whole { (title)
                    textarea name=(name) rows="8" spellcheck="false"
                        aria-invalid=[error.map(|_| "true")] aria-describedby=[error.map(|_| format!("wrong-{name}"))] {
                        // Browsers drop the first line break of a text area.
                        "\n" (self.value(name, first))
                    }
                }
            },
        )
    }

    /// One of several words.
    pub(crate) fn choice<T>(&self, name: &str, title: &str, words: &[(&str, T)], first: &str) -> Markup {
        let given = self.given.get(name);
        let value = given.filter(|given| words.iter().any(|(word, _)| word == given)).unwrap_or(first);
        self.field(
            name,
            "field",
            &html! {
                label { (title)
                    select name=(name) { @for (word, _) in words { option selected[*word == value] { (word) } } }
                }
            },
        )
    }

    fn field(&self, name: &str, class: &str, inner: &Markup) -> Markup {
        html! {
            div class=(class) {
                (inner)
                @if let Some(error) = self.error(name) {
                    p.wrong id={ "wrong-" (name) } { bdi { (visible(error)) } }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_stands_beside_its_field_with_what_was_written() {
        let given = Pairs::read(b"kind=a%22b&payload=%7B");
        let mut errors = Errors::default();
        assert_eq!(errors.take("payload", Err::<u8, _>("no <JSON>")), None);
        assert_eq!(errors.take("kind", Ok::<_, String>(7)), Some(7));
        let form = Form::sent(&given, &errors);
        let json = form.json("payload", "Payload", "{}").into_string();
        assert!(json.contains("\n{</textarea>") && json.contains("no &lt;JSON&gt;"), "{json}");
        assert!(json.contains("aria-invalid=\"true\" aria-describedby=\"wrong-payload\""), "{json}");
        let kind = form.text("kind", "Kind", "", "", true).into_string();
        assert!(kind.contains("a&quot;b") && !kind.contains("wrong"), "{kind}");
        let tags = form.text("tags", "Tags", "", "first", false).into_string();
        assert!(tags.contains("value=\"\""), "a field that was sent empty stays so: {tags}");
    }
}
