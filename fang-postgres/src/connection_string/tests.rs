use super::*;

fn read(text: &str) -> ConnectionString {
    ConnectionString::parse(text).unwrap()
}

fn parameters(text: &str) -> Vec<(&'static str, String)> {
    read(text).given
}

#[test]
fn a_uri_is_read_as_libpq_reads_it() {
    let given = parameters("postgres://u%40x:a?b%25@h,[::1]:1/d?sslmode=require&options=-c%20a%3Db&ssl=true");
    let wanted = [
        ("user", "u@x"),
        ("password", "a?b%"),
        ("host", "h,::1"),
        ("port", ",1"),
        ("dbname", "d"),
        ("options", "-c a=b"),
        ("sslmode", "require"),
    ];
    assert_eq!(given, wanted.map(|(name, value)| (name, value.to_owned())));
    assert_eq!(parameters("postgresql://"), []);
    assert_eq!(
        parameters("postgres:///d?host=/run/a.b"),
        parameters("postgres://%2Frun%2Fa.b/d").into_iter().rev().collect::<Vec<_>>()
    );
    assert_eq!(parameters("postgres://h/a/b")[1], ("dbname", "a/b".to_owned()));
}

#[test]
fn pairs_are_read_as_libpq_reads_them() {
    let given = parameters(r" host = h  password='it\'s \\' user=a\ b dbname=");
    let wanted = [("host", "h"), ("password", r"it's \"), ("user", "a b"), ("dbname", "")];
    assert_eq!(given, wanted.map(|(name, value)| (name, value.to_owned())));
    assert_eq!(parameters(" "), []);
}

#[test]
fn the_last_of_two_values_counts() {
    assert_eq!(read("postgres://h?host=i").get("host"), Some("i"));
    assert_eq!(read("port=1 port=2").endpoints(), [Endpoint { address: String::new(), port: 2 }]);
}

#[test]
fn each_host_has_its_address_and_port() {
    let at = |address: &str, port| Endpoint { address: address.to_owned(), port };
    assert_eq!(read("postgres://a:1,b:2").endpoints(), [at("a", 1), at("b", 2)]);
    assert_eq!(read("host=a,b hostaddr=127.0.0.1,").endpoints(), [at("127.0.0.1", 5432), at("b", 5432)]);
    assert!(ConnectionString::parse("host=a,b,c port=1,2").is_err());
}

#[test]
fn libpq_gets_the_same_parameters_and_the_defaults_that_are_not_given() {
    let string = read(r"host=h password='it\'s \\' connect_timeout=3");
    let text = string.for_libpq(&[("connect_timeout", "10"), ("keepalives_idle", "5")]);
    assert_eq!(text, r"keepalives_idle='5' host='h' password='it\'s \\' connect_timeout='3'");
    assert_eq!(read(&text).get("password"), string.get("password"));
}

#[test]
fn a_string_that_cannot_be_read_is_not_quoted() {
    let bad = [
        "postgres://app:100%hunter2@h/d",
        "postgres://app:p@hunter2@h/d",
        "postgres://app:p/hunter2@h/d",
        "postgres://app:hunter2 @h h/d",
        "postgres://app:hunter2@h:port/d",
        "postgres://app:hunter2@[::1/d",
        "postgres://app:hunter2@[::1]hunter2/d",
        "postgres://app@h/d?hunter2",
        "postgres://app@h/d?hunter2=1",
        "postgres://app@h/d?password=a=hunter2",
        "postgres://app@h/d?sslmode=hunter2",
        "postgres://app@h/d?connect_timeout=hunter2",
        "postgres://app@h/d?password=%00hunter2",
        "postgres://app:%ffhunter2@h/d",
        "postgres:/app:hunter2@h/d",
        "mysql://app:hunter2@h/d",
        "app:hunter2@h/d",
        "password=a hunter2",
        "password='hunter2",
        "hunter2=3",
        "host='h hunter2'",
        "host=h port=hunter2",
        "hostaddr=hunter2",
        "host=app:hunter2@h",
    ];
    for text in bad {
        let error = ConnectionString::parse(text).unwrap_err();
        assert!(matches!(error, StoreError::Uri { .. }), "{text}: {error:?}");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{text}: {error:?}");
    }
}

#[test]
fn only_host_port_and_database_are_ever_shown() {
    let string = read(
        "postgres://app:hunter2@h:1/d?options=-c%20my.key%3Dsecret&sslkey=/home/ada/key&application_name=x%20y",
    );
    assert_eq!(format!("{string:?}"), "ConnectionString(host h, port 1, database d)");
    assert_eq!(string.telling("refused\n\tby h "), "host h, port 1, database d: refused by h");
    for quoting in
        ["for user \"app\"", "parameter \"my.key\"", "value \"secret\"", "file /home/ada/key", "at hunter2"]
    {
        assert!(string.telling(quoting).ends_with("since it quotes the connection string"), "{quoting}");
    }
    let odd = read("postgres://app@h/d?dbname=hunter2@h/d");
    assert!(!format!("{odd:?} {}", odd.telling("no database \"hunter2@h/d\"")).contains("hunter2"));
}

#[test]
fn a_name_that_is_also_that_of_the_database_is_shown() {
    let string = read("postgres://d@h/d?sslmode=require&connect_timeout=10");
    assert_eq!(
        string.telling("no database d, require 10"),
        "host h, port 5432, database d: no database d, require 10"
    );
}
