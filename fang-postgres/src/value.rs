//! Values in the binary format of the protocol.

use bytes::BytesMut;
use fang_core::StoreError;
use fang_core::error::Nature;
use fang_core::store::{DbInstant, Place};
use postgres_types::{FromSql, IsNull, Kind, ToSql, Type, accepts, to_sql_checked};
use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::ops::Range;
use uuid::Uuid;

type Failure = Box<dyn Error + Sync + Send>;

/// A parameter of a statement: its type, and its bytes in the binary format. A null has no bytes.
pub struct Param {
    ty: Type,
    bytes: Option<BytesMut>,
}

impl Param {
    pub(crate) fn new(value: &dyn Value) -> Result<Self, StoreError> {
        let (ty, mut bytes) = (value.sql_type(), BytesMut::new());
        let is_null = value.to_sql_checked(&ty, &mut bytes);
        match is_null.map_err(|source| StoreError::statement(Nature::Data, source))? {
            IsNull::Yes => Ok(Self { ty, bytes: None }),
            IsNull::No => Ok(Self { ty, bytes: Some(bytes) }),
        }
    }

    /// Its type, which has the same number on every server.
    pub fn sql_type(&self) -> &Type {
        &self.ty
    }

    /// Its bytes, unless it is null.
    pub fn bytes(&self) -> Option<&[u8]> {
        self.bytes.as_deref()
    }
}

/// Shows nothing: drivers log parameters, which may be payloads.
impl fmt::Debug for Param {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Where the header of an array has the type number of its elements, after its dimensions and its null flag.
const ELEMENT: Range<usize> = 8..12;

/// For drivers whose parameters are [`ToSql`]. The element type of an array is taken from the server: in a table of
/// fang 0.10 the unique hashes are `char(64)`, and a search for `text` would not use their index.
impl ToSql for Param {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Failure> {
        let Some(bytes) = &self.bytes else { return Ok(IsNull::Yes) };
        let begin = out.len();
        out.extend_from_slice(bytes);
        if let Kind::Array(element) = ty.kind()
            && let Some(place) = out[begin..].get_mut(ELEMENT)
        {
            place.copy_from_slice(&element.oid().to_be_bytes());
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// A value that knows its SQL type.
pub(crate) trait Value: ToSql + Sync {
    fn sql_type(&self) -> Type;
}

impl<T: Typed + ToSql + Sync> Value for T {
    fn sql_type(&self) -> Type {
        T::TYPE
    }
}

/// The SQL type of a Rust type.
pub(crate) trait Typed {
    const TYPE: Type;
    const ARRAY: Type;
}

macro_rules! typed {
    ($($rust:ty: $one:ident, $many:ident;)+) => {
        $(
            impl Typed for $rust {
                const TYPE: Type = Type::$one;
                const ARRAY: Type = Type::$many;
            }
        )+
    };
}

typed! {
    bool: BOOL, BOOL_ARRAY;
    i16: INT2, INT2_ARRAY;
    i32: INT4, INT4_ARRAY;
    i64: INT8, INT8_ARRAY;
    f64: FLOAT8, FLOAT8_ARRAY;
    str: TEXT, TEXT_ARRAY;
    String: TEXT, TEXT_ARRAY;
    Cow<'_, str>: TEXT, TEXT_ARRAY;
    Uuid: UUID, UUID_ARRAY;
    Instant: TIMESTAMPTZ, TIMESTAMPTZ_ARRAY;
    Tid: TID, TID_ARRAY;
}

impl<T: Typed + ?Sized> Typed for &T {
    const TYPE: Type = T::TYPE;
    const ARRAY: Type = T::ARRAY;
}

impl<T: Typed> Typed for Option<T> {
    const TYPE: Type = T::TYPE;
    const ARRAY: Type = T::ARRAY;
}

/// An array of arrays does not occur in any statement.
impl<T: Typed> Typed for Vec<T> {
    const TYPE: Type = T::ARRAY;
    const ARRAY: Type = T::ARRAY;
}

/// An instant in the format of the protocol, infinities included. A calendar type has no infinities, and one such
/// row would make a whole batch fail.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Instant(pub(crate) DbInstant);

impl<'a> FromSql<'a> for Instant {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Failure> {
        Ok(Self(DbInstant(i64::from_be_bytes(raw.try_into()?))))
    }

    accepts!(TIMESTAMPTZ);
}

impl ToSql for Instant {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Failure> {
        out.extend_from_slice(&self.0.0.to_be_bytes());
        Ok(IsNull::No)
    }

    accepts!(TIMESTAMPTZ);
    to_sql_checked!();
}

/// The place of a row, in the format of the protocol.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tid(pub(crate) Place);

impl<'a> FromSql<'a> for Tid {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Failure> {
        let (block, offset) = raw.split_at_checked(4).ok_or("a place is too short")?;
        Ok(Self(Place(u32::from_be_bytes(block.try_into()?), u16::from_be_bytes(offset.try_into()?))))
    }

    accepts!(TID);
}

impl ToSql for Tid {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Failure> {
        out.extend_from_slice(&self.0.0.to_be_bytes());
        out.extend_from_slice(&self.0.1.to_be_bytes());
        Ok(IsNull::No)
    }

    accepts!(TID);
    to_sql_checked!();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_array_has_elements_of_the_type_that_the_server_wants() {
        let texts = vec!["a", "b"];
        let (mut ours, mut theirs) = (BytesMut::new(), BytesMut::from("before"));
        texts.to_sql(&Type::BPCHAR_ARRAY, &mut ours).unwrap();
        Param::new(&texts).unwrap().to_sql(&Type::BPCHAR_ARRAY, &mut theirs).unwrap();
        assert_eq!(theirs.strip_prefix(b"before"), Some(&ours[..]));
    }

    #[test]
    fn a_null_has_no_bytes_and_nothing_is_shown() {
        let param = Param::new(&None::<&str>).unwrap();
        assert!(param.bytes().is_none());
        assert_eq!(format!("{:?}", Param::new(&"secret").unwrap()), "***");
    }
}
