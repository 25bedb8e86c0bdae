//! JSON as a tree whose scalars are still text, since the number types of Rust would change some numbers.

use super::number::{is_number, printed};
use super::path::{Path, Step};
use std::borrow::Cow;

/// How deep lists and objects may be nested: the limit of `serde_json`, which decodes them again.
const DEEPEST: usize = 127;

/// A value.
pub(super) enum Node<'a> {
    /// A number, a text with its quotes, a boolean or null.
    Scalar(&'a str),
    /// A list.
    List(Vec<Node<'a>>),
    /// An object. Its fields are in the order of `jsonb`: shorter keys first.
    Object(Vec<Field<'a>>),
}

/// A field of an object.
pub(super) struct Field<'a> {
    /// The key.
    pub(super) key: Cow<'a, str>,
    /// The key as JSON, with its quotes.
    json: &'a str,
    /// The value.
    pub(super) value: Node<'a>,
}

impl Field<'_> {
    pub(super) fn step(&self) -> Step {
        Step::Key(self.key.clone().into_owned())
    }
}

/// The reason why no store can keep a value as it is.
pub(super) enum Flaw {
    /// An object has this key twice, of which `jsonb` keeps the last.
    Twice(Path),
    /// Lists and objects are nested too deeply to be decoded.
    TooDeep(Path),
}

impl Flaw {
    fn within(self, step: Step) -> Self {
        match self {
            Self::Twice(path) => Self::Twice(path.within(step)),
            Self::TooDeep(path) => Self::TooDeep(path.within(step)),
        }
    }
}

/// Reads valid JSON. Of other text, it may return any tree.
pub(super) fn read(json: &str) -> Result<Node<'_>, Flaw> {
    Reader { json, at: 0 }.value(0)
}

struct Reader<'a> {
    json: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    /// The next byte that is no white space.
    fn peek(&mut self) -> Option<u8> {
        let rest = self.json.as_bytes().get(self.at..)?;
        let space = rest.iter().position(|byte| !byte.is_ascii_whitespace())?;
        self.at += space;
        rest.get(space).copied()
    }

    fn takes(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    /// Takes this many bytes.
    fn take(&mut self, len: usize) -> &'a str {
        let taken = self.json.get(self.at..self.at + len).unwrap_or_default();
        self.at += len;
        taken
    }

    fn rest(&self) -> &'a str {
        self.json.get(self.at..).unwrap_or_default()
    }

    /// Takes a text with its quotes.
    fn text(&mut self) -> &'a str {
        let rest = self.rest();
        let mut end = 1;
        while let Some(quote) = rest.get(end..).and_then(|rest| rest.find('"')) {
            end += quote + 1;
            let before = rest.as_bytes().get(..end - 1).unwrap_or_default();
            let backslashes = before.iter().rev().take_while(|byte| **byte == b'\\').count();
            if backslashes % 2 == 0 {
                return self.take(end);
            }
        }
        self.take(rest.len())
    }

    fn value(&mut self, depth: usize) -> Result<Node<'a>, Flaw> {
        match self.peek() {
            Some(b'{' | b'[') if depth == DEEPEST => Err(Flaw::TooDeep(Path::default())),
            Some(b'{') => self.object(depth + 1),
            Some(b'[') => self.list(depth + 1),
            Some(b'"') => Ok(Node::Scalar(self.text())),
            _ => {
                let rest = self.rest();
                let ends = |byte: u8| matches!(byte, b',' | b']' | b'}') || byte.is_ascii_whitespace();
                Ok(Node::Scalar(self.take(rest.bytes().position(ends).unwrap_or(rest.len()))))
            }
        }
    }

    fn list(&mut self, depth: usize) -> Result<Node<'a>, Flaw> {
        let mut items = Vec::new();
        self.at += 1;
        if !self.takes(b']') {
            loop {
                items.push(self.value(depth).map_err(|flaw| flaw.within(Step::Item(items.len())))?);
                if !self.takes(b',') {
                    break;
                }
            }
            self.takes(b']');
        }
        Ok(Node::List(items))
    }

    fn object(&mut self, depth: usize) -> Result<Node<'a>, Flaw> {
        let mut fields = Vec::with_capacity(8);
        self.at += 1;
        while self.peek() == Some(b'"') {
            let json = self.text();
            self.takes(b':');
            let key = unquoted(json);
            let value = match self.value(depth) {
                Ok(value) => value,
                Err(flaw) => return Err(flaw.within(Step::Key(key.into_owned()))),
            };
            fields.push(Field { key, json, value });
            self.takes(b',');
        }
        self.takes(b'}');
        fields.sort_unstable_by(|one: &Field<'_>, other| order(&one.key).cmp(&order(&other.key)));
        match fields.windows(2).find(|pair| pair[0].key == pair[1].key) {
            Some(pair) => Err(Flaw::Twice(Path::default().within(pair[0].step()))),
            None => Ok(Node::Object(fields)),
        }
    }
}

/// The order of keys in `jsonb`.
pub(super) fn order(key: &str) -> (usize, &[u8]) {
    (key.len(), key.as_bytes())
}

/// The text in quotes.
pub(super) fn unquoted(json: &str) -> Cow<'_, str> {
    let inner = json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(json);
    if inner.contains('\\') {
        return serde_json::from_str(json).map_or(Cow::Borrowed(inner), Cow::Owned);
    }
    Cow::Borrowed(inner)
}

impl Node<'_> {
    /// The value as `jsonb` prints it, less white space. Only the key `first` of the outermost object comes before the
    /// others.
    pub(super) fn as_restored(&self, first: &str, capacity: usize) -> String {
        let mut out = String::with_capacity(capacity);
        match self {
            Self::Object(fields) => {
                let front = fields.iter().filter(|field| field.key == first);
                write_fields(front.chain(fields.iter().filter(|field| field.key != first)), &mut out);
            }
            other => other.write(&mut out),
        }
        out
    }

    fn write(&self, out: &mut String) {
        match self {
            Self::Scalar(scalar) if is_number(scalar) => out.push_str(&printed(scalar)),
            Self::Scalar(scalar) => out.push_str(scalar),
            Self::List(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    separate(index, out);
                    item.write(out);
                }
                out.push(']');
            }
            Self::Object(fields) => write_fields(fields.iter(), out),
        }
    }
}

fn write_fields<'a, 'n: 'a>(fields: impl Iterator<Item = &'a Field<'n>>, out: &mut String) {
    out.push('{');
    for (index, field) in fields.enumerate() {
        separate(index, out);
        out.push_str(field.json);
        out.push(':');
        field.value.write(out);
    }
    out.push('}');
}

fn separate(index: usize, out: &mut String) {
    if index > 0 {
        out.push(',');
    }
}
