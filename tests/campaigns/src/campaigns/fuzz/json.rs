//! Random payloads that `jsonb` accepts.

use fastrand::Rng;
use std::iter::repeat_with;

/// A nesting that `serde_json` refuses and Postgres accepts.
const DEEP: usize = 200;
const HUGE_TEXT: usize = 10_000;

const NUMBERS: [&str; 12] = [
    "1e400",
    "-1e400",
    "1e5000",
    "1e-400",
    "18446744073709551616",
    "-9223372036854775809",
    "9223372036854775807",
    "-0",
    "-1",
    "0.1",
    "3.0",
    "123456789012345678901234567890.123456789012345678901234567890",
];

/// Text that is known to cause trouble. It has no NUL, since `jsonb` refuses that.
const TEXTS: [&str; 12] = [
    "",
    " ",
    "'; DROP TABLE fang_tasks; --",
    "\"quoted\" and \\ escaped",
    "🦀👩‍👩‍👧‍👦🏳️‍🌈",
    "\u{202e}right to left",
    "\u{feff}\u{200b}\u{2028}\u{2029}",
    "e\u{301}\u{301}\u{301}",
    "\u{1}\u{7f}\u{9f}\r\n\t",
    "\u{fffd}\u{ffff}\u{10ffff}",
    "$1 %s {0} ${jndi:ldap}",
    "NaN",
];

/// A random JSON value.
pub(super) fn value(random: &mut Rng, depth: usize) -> String {
    match random.u8(0..if depth == 0 { 5 } else { 8 }) {
        0 => "null".to_owned(),
        1 => random.bool().to_string(),
        2 => number(random),
        3 | 4 => text(random),
        5 => list(random, depth),
        6 => object(random, depth),
        _ => deep(random),
    }
}

/// A random number. Some are larger than any number type of Rust.
pub(super) fn number(random: &mut Rng) -> String {
    match random.u8(0..3) {
        0 => random.i64(..).to_string(),
        1 => format!("{:e}", random.f64() * 1e300),
        _ => random.choice(NUMBERS).unwrap_or("0").to_owned(),
    }
}

/// A random string, quoted and escaped.
pub(super) fn text(random: &mut Rng) -> String {
    serde_json::Value::from(plain(random)).to_string()
}

/// Random text, sometimes very long.
pub(super) fn plain(random: &mut Rng) -> String {
    match random.u16(0..1000) {
        0 => "x".repeat(HUGE_TEXT),
        1 => "🦀".repeat(HUGE_TEXT / 4),
        draw if draw < 500 => random.choice(TEXTS).unwrap_or_default().to_owned(),
        _ => {
            let length = random.usize(0..12);
            repeat_with(|| random.char('\u{1}'..)).take(length).collect()
        }
    }
}

fn list(random: &mut Rng, depth: usize) -> String {
    let items: Vec<String> = (0..random.u8(0..4)).map(|_| value(random, depth - 1)).collect();
    format!("[{}]", items.join(","))
}

fn object(random: &mut Rng, depth: usize) -> String {
    let fields: Vec<String> =
        (0..random.u8(0..4)).map(|_| format!("{}:{}", text(random), value(random, depth - 1))).collect();
    format!("{{{}}}", fields.join(","))
}

/// Deeply nested lists or objects.
pub(super) fn deep(random: &mut Rng) -> String {
    let (open, close) = if random.bool() { ("[", "]") } else { ("{\"a\":", "}") };
    format!("{}1{}", open.repeat(DEEP), close.repeat(DEEP))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_json_without_a_nul() {
        let mut random = Rng::with_seed(1);
        for _ in 0..5000 {
            let json = value(&mut random, 3);
            assert!(!json.contains('\0') && !json.contains("\\u0000"), "{json}");
            match serde_json::from_str::<serde_json::Value>(&json) {
                Ok(_) => {}
                Err(error) => {
                    let reason = error.to_string();
                    let is_meant =
                        reason.contains("number out of range") || reason.contains("recursion limit");
                    assert!(is_meant, "{reason}: {json}");
                }
            }
        }
    }
}
