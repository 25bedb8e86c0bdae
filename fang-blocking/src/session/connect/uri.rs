//! Adds timeouts to a connection string.

/// Opening a connection may take 10 s. A socket without an answer is closed after 15 s.
const GUARDS: [(&str, &str); 6] = [
    ("connect_timeout", "10"),
    ("fallback_application_name", "fang"),
    ("keepalives_idle", "5"),
    ("keepalives_interval", "5"),
    ("keepalives_count", "2"),
    ("tcp_user_timeout", "15000"),
];

/// Adds the guards before the parameters of the string, because libpq takes the last value of each.
pub(super) fn guarded(uri: &str) -> String {
    let is_uri = ["postgres://", "postgresql://"].iter().any(|scheme| uri.starts_with(scheme));
    let guards: Vec<String> = GUARDS.iter().map(|(name, value)| format!("{name}={value}")).collect();
    match is_uri {
        false if uri.trim().is_empty() => uri.to_owned(),
        false => format!("{} {uri}", guards.join(" ")),
        true => {
            let (place, options) = uri.split_at(options_at(uri));
            match options.strip_prefix('?') {
                Some(theirs) if !theirs.is_empty() => format!("{place}?{}&{theirs}", guards.join("&")),
                _ => format!("{place}?{}", guards.join("&")),
            }
        }
    }
}

/// The place of the `?`, or of the end. A password may contain a `?`, which does not count.
fn options_at(uri: &str) -> usize {
    let authority = uri.find("://").map_or(0, |at| at + "://".len());
    let host = match uri[authority..].find(['@', '/']) {
        Some(at) if uri[authority + at..].starts_with('@') => authority + at,
        _ => authority,
    };
    uri[host..].find('?').map_or(uri.len(), |at| host + at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guards_come_first_in_every_form_of_connection_string() {
        let guarded = |uri| guarded(uri).replace(&guards("&"), "G").replace(&guards(" "), "G");
        assert_eq!(guarded("postgres://u:p@h/d"), "postgres://u:p@h/d?G");
        assert_eq!(guarded("postgresql://h?"), "postgresql://h?G");
        assert_eq!(guarded("postgres://u:a?b@h/d?sslmode=require"), "postgres://u:a?b@h/d?G&sslmode=require");
        assert_eq!(guarded("host=h user=u"), "G host=h user=u");
        assert_eq!(guarded(""), "");
    }

    fn guards(between: &str) -> String {
        GUARDS.map(|(name, value)| format!("{name}={value}")).join(between)
    }
}
