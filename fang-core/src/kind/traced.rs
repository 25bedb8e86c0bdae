//! Decoding that finds out where it fails, and why. Slower than plain decoding, so only used after that has failed.
//!
//! Errors of serde lose their kind and place on the way through typetag. So the first one is noted where it arises: all
//! deserializers and visitors in between are wrapped.

use super::fault::Fault;
use crate::payload::{Path, Step};
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess,
    Visitor,
};
use std::cell::RefCell;
use std::fmt;

/// Decodes a payload, and returns why and where that fails. `None` when it succeeds.
pub(super) fn fault<T: DeserializeOwned>(json: &str) -> Option<(Path, Fault)> {
    let trace = RefCell::default();
    let mut inner = serde_json::Deserializer::from_str(json);
    match T::deserialize(Traced { inner: &mut inner, trace: &trace }) {
        Ok(_) => None,
        // One that no deserializer and no visitor raised comes from the type itself.
        Err(fault) => trace.into_inner().found.or(Some((Path::default(), fault))),
    }
}

/// The state of a decoding.
#[derive(Default)]
struct Trace {
    /// The place of the value that is being decoded.
    path: Path,
    /// The text read last: a key, when the next value begins.
    text: Option<String>,
    /// The place and the reason of an error on its way out.
    found: Option<(Path, Fault)>,
}

/// Wraps a part of serde's machinery, of any kind.
struct Traced<'t, T> {
    inner: T,
    trace: &'t RefCell<Trace>,
}

impl<'t, T> Traced<'t, T> {
    fn wrap<U>(&self, inner: U) -> Traced<'t, U> {
        Traced { inner, trace: self.trace }
    }
}

fn note(trace: &RefCell<Trace>, fault: Fault) {
    let mut trace = trace.borrow_mut();
    if trace.found.is_none() {
        trace.found = Some((trace.path.clone(), fault));
    }
}

/// Notes the error of a visitor of the application.
fn raise<E: Error>(trace: &RefCell<Trace>, fault: Fault) -> E {
    let error = E::custom(&fault);
    note(trace, fault);
    error
}

macro_rules! deserialize {
    ($($method:ident($($arg:ident: $type:ty),*),)+) => {
        $(
            fn $method<V: Visitor<'de>>(self, $($arg: $type,)* visitor: V) -> Result<V::Value, Fault> {
                let trace = self.trace;
                let depth = trace.borrow().path.len();
                let unfit = Fault::unfit("another value", &visitor);
                let visitor = self.wrap(visitor);
                let outcome = self.inner.$method($($arg,)* visitor);
                match outcome {
                    Ok(value) => {
                        let mut trace = trace.borrow_mut();
                        trace.path.truncate(depth);
                        // The application went on after an error.
                        trace.found = None;
                        Ok(value)
                    }
                    Err(_) => {
                        note(trace, unfit);
                        trace.borrow_mut().path.truncate(depth);
                        Err(Fault::Refused)
                    }
                }
            }
        )+
    };
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Traced<'_, D> {
    type Error = Fault;

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }

    deserialize! {
        deserialize_any(), deserialize_bool(), deserialize_i8(), deserialize_i16(), deserialize_i32(),
        deserialize_i64(), deserialize_i128(), deserialize_u8(), deserialize_u16(), deserialize_u32(),
        deserialize_u64(), deserialize_u128(), deserialize_f32(), deserialize_f64(), deserialize_char(),
        deserialize_str(), deserialize_string(), deserialize_bytes(), deserialize_byte_buf(),
        deserialize_option(), deserialize_unit(), deserialize_seq(), deserialize_map(),
        deserialize_identifier(), deserialize_ignored_any(),
        deserialize_unit_struct(name: &'static str),
        deserialize_newtype_struct(name: &'static str),
        deserialize_tuple(len: usize),
        deserialize_tuple_struct(name: &'static str, len: usize),
        deserialize_struct(name: &'static str, fields: &'static [&'static str]),
        deserialize_enum(name: &'static str, variants: &'static [&'static str]),
    }
}

macro_rules! visit {
    ($($method:ident($type:ty),)+) => {
        $(
            fn $method<E: Error>(self, value: $type) -> Result<V::Value, E> {
                self.inner.$method(value).map_err(|fault: Fault| raise(self.trace, fault))
            }
        )+
    };
    (text: $($method:ident($type:ty),)+) => {
        $(
            fn $method<E: Error>(self, value: $type) -> Result<V::Value, E> {
                let text: &str = value.as_ref();
                self.trace.borrow_mut().text = Some(text.to_owned());
                self.inner.$method(value).map_err(|fault: Fault| raise(self.trace, fault))
            }
        )+
    };
    (unit: $($method:ident,)+) => {
        $(
            fn $method<E: Error>(self) -> Result<V::Value, E> {
                self.inner.$method().map_err(|fault: Fault| raise(self.trace, fault))
            }
        )+
    };
    (nested: $($method:ident($bound:ident),)+) => {
        $(
            fn $method<A: $bound<'de>>(self, nested: A) -> Result<V::Value, A::Error> {
                let nested = self.wrap(nested);
                self.inner.$method(nested).map_err(|fault: Fault| raise(self.trace, fault))
            }
        )+
    };
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Traced<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }

    visit! {
        visit_bool(bool), visit_i8(i8), visit_i16(i16), visit_i32(i32), visit_i64(i64), visit_i128(i128),
        visit_u8(u8), visit_u16(u16), visit_u32(u32), visit_u64(u64), visit_u128(u128), visit_f32(f32),
        visit_f64(f64), visit_char(char), visit_bytes(&[u8]), visit_borrowed_bytes(&'de [u8]),
        visit_byte_buf(Vec<u8>),
    }
    visit!(text: visit_str(&str), visit_borrowed_str(&'de str), visit_string(String),);
    visit!(unit: visit_none, visit_unit,);
    visit!(nested: visit_some(Deserializer), visit_newtype_struct(Deserializer), visit_map(MapAccess),
        visit_enum(EnumAccess),);

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<V::Value, A::Error> {
        let items = Items { items: self.wrap(items), next: 0 };
        self.inner.visit_seq(items).map_err(|fault| raise(self.trace, fault))
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Traced<'_, S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        let deserializer = self.wrap(deserializer);
        self.inner.deserialize(deserializer).map_err(|fault| raise(self.trace, fault))
    }
}

/// The fault for an error that a part of serde_json returned. If it passed through a visitor, it is noted already.
fn passed<E>(trace: &RefCell<Trace>) -> impl FnOnce(E) -> Fault {
    |_| {
        note(trace, Fault::Refused);
        Fault::Refused
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Traced<'_, A> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        self.trace.borrow_mut().text = None;
        let seed = self.wrap(seed);
        let key = self.inner.next_key_seed(seed).map_err(passed(self.trace))?;
        if key.is_some() {
            let mut trace = self.trace.borrow_mut();
            let name = trace.text.take().unwrap_or_default();
            trace.path.push(Step::Key(name));
        }
        Ok(key)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let seed = self.wrap(seed);
        let value = self.inner.next_value_seed(seed).map_err(passed(self.trace))?;
        self.trace.borrow_mut().path.pop();
        Ok(value)
    }

    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint()
    }
}

struct Items<'t, A> {
    items: Traced<'t, A>,
    next: usize,
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Items<'_, A> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        let trace = self.items.trace;
        trace.borrow_mut().path.push(Step::Item(self.next));
        self.next += 1;
        let seed = self.items.wrap(seed);
        let item = self.items.inner.next_element_seed(seed).map_err(passed(trace))?;
        trace.borrow_mut().path.pop();
        Ok(item)
    }

    fn size_hint(&self) -> Option<usize> {
        self.items.inner.size_hint()
    }
}

impl<'de, 't, A: EnumAccess<'de>> EnumAccess<'de> for Traced<'t, A> {
    type Error = Fault;
    type Variant = Traced<'t, A::Variant>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self::Variant), Fault> {
        let trace = self.trace;
        let seed = self.wrap(seed);
        let (value, variant) = self.inner.variant_seed(seed).map_err(passed(trace))?;
        Ok((value, Traced { inner: variant, trace }))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Traced<'_, A> {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        self.inner.unit_variant().map_err(passed(self.trace))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Fault> {
        let seed = self.wrap(seed);
        self.inner.newtype_variant_seed(seed).map_err(passed(self.trace))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Fault> {
        let visitor = self.wrap(visitor);
        self.inner.tuple_variant(len, visitor).map_err(passed(self.trace))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let visitor = self.wrap(visitor);
        self.inner.struct_variant(fields, visitor).map_err(passed(self.trace))
    }
}
