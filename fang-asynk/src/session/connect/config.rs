//! Makes the configuration of the driver from a connection string in the format of libpq.

use fang_core::StoreError;
use fang_postgres::ConnectionString;
use std::time::Duration;
use tokio_postgres::Config;
use tokio_postgres::config::{ChannelBinding, LoadBalanceHosts, SslMode, SslNegotiation, TargetSessionAttrs};

/// The configuration for these parameters. Those about certificates are for the TLS connector.
///
/// # Errors
/// [`StoreError::Parameter`] for a parameter or value that the driver does not support.
pub(super) fn config(string: &ConnectionString) -> Result<Config, StoreError> {
    let mut config = Config::new();
    for (name, value) in string.iter() {
        text(&mut config, name, value)?;
        numbers(&mut config, name, value);
        choices(&mut config, name, value)?;
    }
    if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
        return Err(StoreError::Uri { reason: "it names no host".to_owned() });
    }
    if let (None, Some(name)) = (config.get_application_name(), string.get("fallback_application_name")) {
        config.application_name(name);
    }
    Ok(config)
}

/// Without this address, the others would belong to other hosts.
fn bad_address() -> StoreError {
    let reason = "`hostaddr` has an address that the async mode cannot use, such as one with a zone; name its host instead";
    StoreError::Uri { reason: reason.to_owned() }
}

fn text(config: &mut Config, name: &'static str, value: &str) -> Result<(), StoreError> {
    match name {
        "user" => config.user(value),
        "password" => config.password(value),
        "dbname" => config.dbname(value),
        "options" => config.options(value),
        "application_name" => config.application_name(value),
        "host" => value.split(',').fold(config, |config, host| config.host(host)),
        "hostaddr" => {
            let addresses: Result<Vec<_>, _> = value.split(',').map(str::parse).collect();
            addresses.map_err(|_| bad_address())?.into_iter().fold(config, Config::hostaddr)
        }
        "port" => value.split(',').fold(config, |config, port| config.port(port.parse().unwrap_or(5432))),
        // These only ask for what the driver does anyway, or are read elsewhere.
        "fallback_application_name" | "sslrootcert" | "sslcert" | "sslkey" => return Ok(()),
        "client_encoding" if matches!(value.to_ascii_lowercase().as_str(), "utf8" | "utf-8" | "auto") => {
            return Ok(());
        }
        "sslsni" if value == "1" => return Ok(()),
        "sslcompression" if value == "0" => return Ok(()),
        "ssl_min_protocol_version" if value != "TLSv1.3" => return Ok(()),
        "channel_binding"
        | "gssencmode"
        | "load_balance_hosts"
        | "sslmode"
        | "sslnegotiation"
        | "target_session_attrs"
        | "connect_timeout"
        | "keepalives"
        | "keepalives_count"
        | "keepalives_idle"
        | "keepalives_interval"
        | "tcp_user_timeout" => return Ok(()),
        _ => return Err(unsupported(name, "the driver of the async mode does not support it; leave it out")),
    };
    Ok(())
}

/// In the units of libpq. Zero or less stands for the default.
fn numbers(config: &mut Config, name: &str, value: &str) {
    let Some(number) = value.trim().parse::<u32>().ok() else { return };
    let seconds = Duration::from_secs(u64::from(number));
    match name {
        "keepalives" => config.keepalives(number != 0),
        _ if number == 0 => config,
        "connect_timeout" => config.connect_timeout(seconds),
        "keepalives_count" => config.keepalives_retries(number),
        "keepalives_idle" => config.keepalives_idle(seconds),
        "keepalives_interval" => config.keepalives_interval(seconds),
        "tcp_user_timeout" => config.tcp_user_timeout(Duration::from_millis(u64::from(number))),
        _ => config,
    };
}

fn choices(config: &mut Config, name: &'static str, value: &str) -> Result<(), StoreError> {
    match (name, value) {
        ("sslmode", "disable") => config.ssl_mode(SslMode::Disable),
        ("sslmode", "allow" | "prefer") => config.ssl_mode(SslMode::Prefer),
        ("sslmode", _) => config.ssl_mode(SslMode::Require),
        ("sslnegotiation", "direct") => config.ssl_negotiation(SslNegotiation::Direct),
        ("channel_binding", "disable") => config.channel_binding(ChannelBinding::Disable),
        ("channel_binding", "require") => config.channel_binding(ChannelBinding::Require),
        ("load_balance_hosts", "random") => config.load_balance_hosts(LoadBalanceHosts::Random),
        ("target_session_attrs", "read-write") => config.target_session_attrs(TargetSessionAttrs::ReadWrite),
        ("target_session_attrs", "read-only") => config.target_session_attrs(TargetSessionAttrs::ReadOnly),
        ("target_session_attrs", "any") => config,
        ("target_session_attrs", _) => {
            return Err(unsupported(name, "the async mode knows only any, read-write and read-only"));
        }
        ("gssencmode", "require") => {
            return Err(unsupported(name, "the driver of the async mode does not support GSSAPI; use TLS"));
        }
        _ => config,
    };
    Ok(())
}

pub(super) fn unsupported(name: &'static str, reason: &str) -> StoreError {
    StoreError::Parameter { name, reason: reason.to_owned() }
}

#[cfg(test)]
// Tests report by panics.
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Config, StoreError> {
        config(&ConnectionString::parse(text).unwrap())
    }

    #[test]
    fn parameters_of_libpq_mean_the_same_here() {
        let text = "postgres://u:p@a:1,b:2/d?connect_timeout=3&keepalives_count=4&tcp_user_timeout=5000\
            &sslmode=verify-full&target_session_attrs=read-write&channel_binding=require&fallback_application_name=x";
        let config = read(text).unwrap();
        assert_eq!((config.get_ports(), config.get_hosts().len()), (&[1, 2][..], 2));
        assert_eq!(config.get_tcp_user_timeout(), Some(&Duration::from_secs(5)));
        assert_eq!(config.get_connect_timeout(), Some(&Duration::from_secs(3)));
        assert_eq!((config.get_keepalives_retries(), config.get_application_name()), (Some(4), Some("x")));
        assert_eq!(config.get_ssl_mode(), SslMode::Require);
        assert_eq!(config.get_channel_binding(), ChannelBinding::Require);
    }

    #[test]
    fn a_parameter_that_the_driver_does_not_support_is_named_without_its_value() {
        for name in
            ["service", "passfile", "sslcrl", "requirepeer", "client_encoding", "ssl_max_protocol_version"]
        {
            let error = read(&format!("host=h {name}=hunter2")).unwrap_err();
            assert!(
                matches!(&error, StoreError::Parameter { name: found, .. } if *found == name),
                "{error:?}"
            );
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
        }
        assert!(matches!(read("host=h target_session_attrs=standby"), Err(StoreError::Parameter { .. })));
    }

    #[test]
    fn a_string_without_a_host_is_refused() {
        assert!(matches!(read(""), Err(StoreError::Uri { .. })));
    }
}
