//! The check of a payload by the type of its task. The registry of kinds decodes in the same way, but through trait objects,
//! which cost several times as much.

use super::TAG;
use super::same::Same;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde::{Serialize, forward_to_deserialize_any};
use std::fmt;
use std::marker::PhantomData;

/// Every task has it, since `typetag` asks for the same: that the task can be serialized and decoded. Nobody else calls it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be saved as a task",
    label = "a task has to be `Serialize` and `Deserialize`",
    note = "derive what it lacks: `#[derive(serde::Serialize, serde::Deserialize)]`"
)]
pub trait OwnType {
    /// The check of this type.
    fn check_of_type(&self) -> OwnCheck;
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> OwnType for T {
    fn check_of_type(&self) -> OwnCheck {
        OwnCheck(comes_back::<T>)
    }
}

/// The check of payloads by one type.
#[derive(Clone, Copy, Debug)]
pub struct OwnCheck(fn(&str, &str) -> bool);

impl OwnCheck {
    /// Whether what a store returns is decoded to a task whose JSON is the same text. `false` also if the text differs and
    /// yet says the same, and for types that are no structs: then the registry decides.
    pub(super) fn accepts(self, json: &str, kind: &str, restored: &str) -> bool {
        behind_kind(json, kind).is_some_and(|fields| (self.0)(fields, restored))
    }
}

/// The JSON behind the kind, if that is the first field: the other fields and the last bracket.
fn behind_kind<'a>(json: &'a str, kind: &str) -> Option<&'a str> {
    let tag = json.strip_prefix("{\"")?.strip_prefix(TAG)?.strip_prefix("\":\"")?;
    let rest = tag.strip_prefix(kind)?.strip_prefix('"')?;
    Some(rest.strip_prefix(',').unwrap_or(rest))
}

fn comes_back<T: Serialize + DeserializeOwned>(fields: &str, restored: &str) -> bool {
    let mut decoder = serde_json::Deserializer::from_str(restored);
    let Ok(task) = decoder.deserialize_map(BehindKind::<T>(PhantomData)) else { return false };
    let mut same = Same::behind("{", fields);
    decoder.end().is_ok() && serde_json::to_writer(&mut same, &task).is_ok() && same.is_over()
}

/// Decodes a task from an object whose first field is the kind.
struct BehindKind<T>(PhantomData<T>);

impl<'de, T: DeserializeOwned> Visitor<'de> for BehindKind<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a task")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        map.next_entry::<IgnoredAny, IgnoredAny>()?;
        T::deserialize(Fields(map))
    }
}

/// The fields behind the kind, for a struct or a map as `typetag` has them. Of other types it decodes nothing.
struct Fields<A>(A);

impl<'de, A: MapAccess<'de>> Deserializer<'de> for Fields<A> {
    type Error = A::Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, A::Error> {
        Err(A::Error::custom("no struct"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        visitor.visit_map(self)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, A::Error> {
        visitor.visit_map(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct enum identifier ignored_any
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Fields<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        self.0.next_key_seed(Key(seed))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.0.next_value_seed(seed)
    }
}

/// A key, which `typetag` takes for a text whatever the type asks for.
struct Key<K>(K);

impl<'de, K: DeserializeSeed<'de>> DeserializeSeed<'de> for Key<K> {
    type Value = K::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<K::Value, D::Error> {
        self.0.deserialize(Text(deserializer))
    }
}

struct Text<D>(D);

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Text<D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_str(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
