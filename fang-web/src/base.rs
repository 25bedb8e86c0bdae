//! Addresses of the dashboard, wherever it is mounted.

use axum::http::Uri;

/// The path under which browsers find the dashboard, without a slash at its end. Empty at the root of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Base(String);

impl Base {
    /// From the path that the outer router saw and the one that is left of it. `None` for a path that no link may begin
    /// with: two slashes would name another host.
    pub(crate) fn of(stripped: &str, original: &Uri, inner: &Uri) -> Option<Self> {
        let (outer, inner) = (original.path().trim_end_matches('/'), inner.path().trim_end_matches('/'));
        let base = format!("{stripped}{}", outer.strip_suffix(inner).unwrap_or(outer));
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "/-_.~%".contains(c);
        let is_local = base.is_empty() || base.starts_with('/');
        (is_local && !base.contains("//") && base.chars().all(is_plain)).then_some(Self(base))
    }

    /// The address of a page.
    pub(crate) fn to(&self, path: &str) -> String {
        match (self.0.as_str(), path) {
            ("", path) => path.to_owned(),
            (base, "/") => base.to_owned(),
            (base, path) => format!("{base}{path}"),
        }
    }

    /// The address of a page with a query.
    pub(crate) fn with<'a>(&self, path: &str, pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        if query.is_empty() { self.to(path) } else { format!("{}?{query}", self.to(path)) }
    }

    /// The path for cookies.
    pub(crate) fn cookie_path(&self) -> &str {
        if self.0.is_empty() { "/" } else { &self.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(stripped: &str, original: &str, inner: &str) -> Option<String> {
        let uri = |path: &str| path.parse::<Uri>().unwrap();
        Base::of(stripped, &uri(original), &uri(inner)).map(|base| base.0)
    }

    #[test]
    fn a_base_is_what_the_outer_routers_and_proxies_took_away() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(base("", "/tasks?a=1", "/tasks?a=1"), some(""));
        assert_eq!(base("", "/fang", "/"), some("/fang"));
        assert_eq!(base("", "/fang/", "/"), some("/fang"));
        assert_eq!(base("", "/a/fang/tasks/7", "/tasks/7"), some("/a/fang"));
        assert_eq!(base("/ops", "/fang/tasks", "/tasks"), some("/ops/fang"));
        assert_eq!(base("/ops", "/", "/"), some("/ops"));
    }

    #[test]
    fn no_link_leads_to_another_host() {
        assert_eq!(base("", "//evil.example/tasks", "/tasks"), None);
        assert_eq!(base("", "/a//b/tasks", "/tasks"), None);
        assert_eq!(base("", "/%22/tasks", "/tasks"), Some("/%22".to_owned()));
    }

    #[test]
    fn addresses_are_encoded() {
        let base = Base("/fang".to_owned());
        assert_eq!((base.to("/"), base.to("/tasks")), ("/fang".to_owned(), "/fang/tasks".to_owned()));
        assert_eq!(base.with("/tasks", [("kind", "a&b")]), "/fang/tasks?kind=a%26b");
        assert_eq!(Base(String::new()).to("/"), "/");
    }
}
