//! An error of decoding that never quotes the payload.
//!
//! typetag and erased_serde turn an error into a text and back, with [`Error::custom`]. So the text of a [`Fault`]
//! begins with a NUL, which no payload can contain, and `custom` reads the fault from it again.

use serde::de::{Error, Expected, Unexpected};
use std::fmt::{self, Display};

/// Why a value of a payload could not be decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The payload lacks a field of the struct.
    MissingField(String),
    /// The enum has no variant of this name.
    UnknownVariant,
    /// A newer version of the program wrote the arguments.
    NewerVersion,
    /// The struct takes no field of this name.
    UnknownField,
    /// A field comes twice.
    DuplicateField(String),
    /// A value does not fit the type.
    Unfit {
        /// The value, in general terms.
        found: String,
        /// The type, in words of the program.
        expected: String,
    },
    /// A `Deserialize` implementation refused the value. Its reason may quote the value.
    Refused,
}

impl Fault {
    /// The reason of arguments that a newer version of the program wrote.
    pub(super) const OF_NEWER_VERSION: &str = "its version is newer than this program";

    /// Whether a program with a newer version of the struct may have written such a payload.
    pub(super) fn may_be_newer(&self) -> bool {
        matches!(self, Self::MissingField(_) | Self::UnknownVariant | Self::NewerVersion)
    }

    /// The fault of a value that does not fit.
    pub(super) fn unfit(found: &str, expected: &dyn Expected) -> Self {
        Self::Unfit { found: found.to_owned(), expected: expected.to_string() }
    }

    /// The reason in words.
    pub(super) fn reason(&self) -> String {
        match self {
            Self::MissingField(field) => format!("the field `{field}` is missing"),
            Self::UnknownVariant => "the enum has no such variant".to_owned(),
            Self::NewerVersion => Self::OF_NEWER_VERSION.to_owned(),
            Self::UnknownField => "the struct has no such field".to_owned(),
            Self::DuplicateField(field) => format!("the field `{field}` comes twice"),
            Self::Unfit { found, expected } => format!("there is {found} in place of {expected}"),
            Self::Refused => "its Deserialize implementation refuses the value".to_owned(),
        }
    }

    /// Reads the text of a fault.
    fn read(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix('\0')?.split('\0').map(str::to_owned);
        match (parts.next()?.as_str(), parts.next(), parts.next()) {
            ("missing field", Some(field), None) => Some(Self::MissingField(field)),
            ("unknown variant", None, None) => Some(Self::UnknownVariant),
            ("newer version", None, None) => Some(Self::NewerVersion),
            ("unknown field", None, None) => Some(Self::UnknownField),
            ("duplicate field", Some(field), None) => Some(Self::DuplicateField(field)),
            ("unfit", Some(found), Some(expected)) => Some(Self::Unfit { found, expected }),
            _ => None,
        }
    }
}

impl Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingField(field) => write!(f, "\0missing field\0{field}"),
            Self::UnknownVariant => f.write_str("\0unknown variant"),
            Self::NewerVersion => f.write_str("\0newer version"),
            Self::UnknownField => f.write_str("\0unknown field"),
            Self::DuplicateField(field) => write!(f, "\0duplicate field\0{field}"),
            Self::Unfit { found, expected } => write!(f, "\0unfit\0{found}\0{expected}"),
            Self::Refused => f.write_str("refused"),
        }
    }
}

impl std::error::Error for Fault {}

impl Error for Fault {
    fn custom<T: Display>(text: T) -> Self {
        let text = text.to_string();
        // The texts of serde for a variant of a flattened or an untagged enum that this program does not have.
        let is_variant =
            text.starts_with("no variant of enum ") || text.starts_with("data did not match any variant of ");
        Self::read(&text).unwrap_or(if is_variant { Self::UnknownVariant } else { Self::Refused })
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::unfit(noun(unexpected), expected)
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::unfit("another value", expected)
    }

    fn invalid_length(_: usize, expected: &dyn Expected) -> Self {
        Self::unfit("a list or an object of another length", expected)
    }

    fn unknown_variant(_: &str, _: &'static [&'static str]) -> Self {
        Self::UnknownVariant
    }

    fn unknown_field(_: &str, _: &'static [&'static str]) -> Self {
        Self::UnknownField
    }

    fn missing_field(field: &'static str) -> Self {
        Self::MissingField(field.to_owned())
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::DuplicateField(field.to_owned())
    }
}

fn noun(unexpected: Unexpected<'_>) -> &'static str {
    match unexpected {
        Unexpected::Bool(_) => "a boolean",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) => "an integer",
        Unexpected::Float(_) => "a number with a fraction or an exponent",
        Unexpected::Char(_) | Unexpected::Str(_) => "a text",
        Unexpected::Unit | Unexpected::Option => "null",
        Unexpected::Seq => "a list",
        Unexpected::Map => "an object",
        _ => "another value",
    }
}
