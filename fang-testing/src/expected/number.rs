//! Numbers of payloads, compared by what they are worth: memory and Postgres write them differently.

use serde_json::Number;

/// Whether two numbers have the same value. `1e16` is `10000000000000000`, and an `f32` is what its own digits say:
/// `0.1_f32` is `0.1`, although it becomes 0.10000000149011612 when it is made longer.
pub(super) fn same_number(one: &Number, other: &Number) -> bool {
    one == other || whole(one).is_some() && whole(one) == whole(other) || same_fraction(one, other)
}

/// The value, if it has no fraction. Exact: no number of 64 bits is rounded.
fn whole(number: &Number) -> Option<i128> {
    let integer = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
    integer.or_else(|| {
        let float = number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() < 1e38)?;
        format!("{float}").parse().ok()
    })
}

fn same_fraction(one: &Number, other: &Number) -> bool {
    let (Some(one), Some(other)) = (one.as_f64(), other.as_f64()) else { return false };
    short(one) == Some(other) || short(other) == Some(one)
}

/// What the digits of an `f32` say, if the number is one.
fn short(number: f64) -> Option<f64> {
    #[allow(clippy::cast_possible_truncation, reason = "whether something is lost is the question")]
    let single = number as f32;
    (f64::from(single) == number && number.fract() != 0.0).then(|| single.to_string().parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::same_number;
    use serde_json::{Number, Value, json};

    fn number(value: Value) -> Number {
        let Value::Number(number) = value else { panic!("{value} is no number") };
        number
    }

    #[test]
    fn numbers_are_the_same_if_they_have_the_same_value() {
        let same = [
            (json!(1e16), json!(10_000_000_000_000_000_i64)),
            (json!(1.0), json!(1)),
            (json!(-0.0), json!(0)),
            (json!(0.1_f32), json!(0.1)),
            (json!(0.1), json!(0.1_f32)),
            (json!(u64::MAX), json!(u64::MAX)),
        ];
        for (one, other) in same {
            assert!(same_number(&number(one.clone()), &number(other.clone())), "{one} {other}");
        }
        let others = [
            (json!(0.5), json!(0.500_000_000_1)),
            (json!(0.1), json!(0.100_000_001)),
            (json!(9_007_199_254_740_993_i64), json!(9_007_199_254_740_992.0)),
            (json!(u64::MAX), json!(18_446_744_073_709_551_616.0)),
            (json!(1), json!(-1)),
        ];
        for (one, other) in others {
            assert!(!same_number(&number(one.clone()), &number(other.clone())), "{one} {other}");
        }
    }
}
