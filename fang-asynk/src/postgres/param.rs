//! Parameters that know their types, so that a statement can be sent which nobody has prepared.

use super::convert::{Instant, Secret, Tid};
use chrono::{DateTime, Utc};
use std::borrow::Cow;
use tokio_postgres::types::{ToSql, Type};
use uuid::Uuid;

/// A parameter of a statement.
pub(super) type Param<'a> = &'a dyn Value;

/// A value and its type.
pub(super) trait Value: ToSql + Sync {
    fn sql_type(&self) -> Type;
}

impl<T: Typed + ToSql + Sync> Value for T {
    fn sql_type(&self) -> Type {
        T::TYPE
    }
}

/// What a Rust type is in the statements of fang-core.
pub(super) trait Typed {
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
    str: TEXT, TEXT_ARRAY;
    String: TEXT, TEXT_ARRAY;
    Cow<'_, str>: TEXT, TEXT_ARRAY;
    Uuid: UUID, UUID_ARRAY;
    Instant: TIMESTAMPTZ, TIMESTAMPTZ_ARRAY;
    Tid: TID, TID_ARRAY;
    DateTime<Utc>: TIMESTAMPTZ, TIMESTAMPTZ_ARRAY;
}

impl<T: Typed + ?Sized> Typed for &T {
    const TYPE: Type = T::TYPE;
    const ARRAY: Type = T::ARRAY;
}

impl<T: Typed> Typed for Option<T> {
    const TYPE: Type = T::TYPE;
    const ARRAY: Type = T::ARRAY;
}

impl<T: Typed> Typed for Secret<T> {
    const TYPE: Type = T::TYPE;
    const ARRAY: Type = T::ARRAY;
}

/// No statement takes arrays of arrays.
impl<T: Typed> Typed for Vec<T> {
    const TYPE: Type = T::ARRAY;
    const ARRAY: Type = T::ARRAY;
}

/// As the driver takes them for a statement that was prepared.
pub(super) fn plain<'a>(params: &[Param<'a>]) -> Vec<&'a (dyn ToSql + Sync)> {
    params.iter().map(|param| *param as &(dyn ToSql + Sync)).collect()
}

/// And for one that was not.
pub(super) fn typed<'a>(params: &[Param<'a>]) -> Vec<(&'a (dyn ToSql + Sync), Type)> {
    params.iter().map(|param| (*param as &(dyn ToSql + Sync), param.sql_type())).collect()
}
