//! The quick way to the text that a store returns, for payloads as most structs have them. It reads the JSON once, and
//! builds no tree.

use std::cell::Cell;
use std::cmp::Ordering;

/// Deeper payloads are left to the tree: each level may copy its fields once more.
const DEEPEST: usize = 16;

/// Buffers that have become larger than this are not kept.
const KEPT_BYTES: usize = 256 * 1024;

thread_local! {
    static KEPT: Cell<Buffers> = Cell::default();
}

/// A payload, and its text as a store returns it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Restored<'a> {
    /// The kind.
    pub(super) kind: &'a str,
    /// The text, less white space, with the kind as the first field.
    pub(super) text: &'a str,
}

/// Passes on what [`Buffers::restore`] finds. A thread keeps the buffers for its next payload.
pub(super) fn with<T>(json: &str, then: impl FnOnce(Option<Restored<'_>>) -> T) -> T {
    // They are taken, not borrowed: what decodes a payload may insert a task itself.
    let mut buffers = KEPT.try_with(Cell::take).unwrap_or_default();
    let outcome = then(buffers.restore(json));
    if buffers.bytes() <= KEPT_BYTES {
        // Without it, the next payload allocates again.
        let _ = KEPT.try_with(|kept| kept.set(buffers));
    }
    outcome
}

/// Where a field is in the JSON.
#[derive(Clone, Copy)]
struct Field {
    /// Its place in the order of `jsonb`: shorter keys come first. The kind of a payload comes before all.
    rank: usize,
    /// The quote before its key.
    start: usize,
    /// The quote behind its key.
    key_end: usize,
    /// Behind its value.
    end: usize,
}

/// The rank of the kind.
const OF_KIND: usize = 0;

impl Field {
    fn key<'a>(&self, json: &'a [u8]) -> &'a [u8] {
        json.get(self.start + 1..self.key_end).unwrap_or_default()
    }

    fn order(&self, other: &Self, json: &[u8]) -> Ordering {
        self.rank.cmp(&other.rank).then_with(|| self.key(json).cmp(other.key(json)))
    }
}

/// Memory for one payload at a time.
#[derive(Default)]
struct Buffers {
    /// The fields of the objects that are being read, those of the innermost one last.
    fields: Vec<Field>,
    /// The JSON with its fields in another order. Empty as long as they are in the order of `jsonb`.
    moved: Vec<u8>,
    /// The fields of one object in the order of `jsonb`.
    object: Vec<u8>,
}

impl Buffers {
    fn bytes(&self) -> usize {
        self.fields.capacity() * size_of::<Field>() + self.moved.capacity() + self.object.capacity()
    }

    /// Restores an object with a kind. `None` if a key is written with escapes or comes twice, for numbers that `jsonb`
    /// may print in another way, for white space, and for deep nesting.
    fn restore<'a>(&'a mut self, json: &'a str) -> Option<Restored<'a>> {
        self.fields.clear();
        self.moved.clear();
        let mut reader = Reader { json, at: 0, buffers: self };
        let kind = reader.payload()?;
        let text = if self.moved.is_empty() { json } else { str::from_utf8(&self.moved).ok()? };
        Some(Restored { kind, text })
    }
}

struct Reader<'a, 'b> {
    json: &'a str,
    at: usize,
    buffers: &'b mut Buffers,
}

impl<'a> Reader<'a, '_> {
    fn payload(&mut self) -> Option<&'a str> {
        self.object(1)?;
        // The order has brought the kind to the front of the outermost fields, which are still there.
        let kind = *self.buffers.fields.first()?;
        let value = self.json.get(kind.key_end + 2..kind.end)?;
        let text = value.strip_prefix('"')?.strip_suffix('"')?;
        let is_kind = kind.rank == OF_KIND && !text.contains('\\');
        (is_kind && self.at == self.json.len()).then_some(text)
    }

    fn peek(&self) -> Option<u8> {
        self.json.as_bytes().get(self.at).copied()
    }

    fn takes(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn value(&mut self, depth: usize) -> Option<()> {
        match self.peek()? {
            b'"' => self.text(),
            b'{' if depth < DEEPEST => {
                let outer = self.buffers.fields.len();
                self.object(depth + 1)?;
                self.buffers.fields.truncate(outer);
                Some(())
            }
            b'[' if depth < DEEPEST => self.list(depth + 1),
            b'-' if self.json.as_bytes().get(self.at + 1) == Some(&b'0') => None,
            b'-' | b'0'..=b'9' => self.scalar(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'.')),
            _ => self.scalar(|byte| byte.is_ascii_lowercase()),
        }
    }

    /// Takes a number without an exponent, or a word. What follows it has to be a comma or a bracket.
    fn scalar(&mut self, belongs: impl Fn(u8) -> bool) -> Option<()> {
        let rest = self.json.as_bytes().get(self.at..)?;
        let len = rest.iter().position(|byte| !belongs(*byte))?;
        self.at += len;
        (len > 0).then_some(())
    }

    /// Takes a text with its quotes.
    fn text(&mut self) -> Option<()> {
        let bytes = self.json.as_bytes();
        let mut end = self.at + 1;
        loop {
            end += plain_bytes(bytes.get(end..)?);
            match bytes.get(end)? {
                b'"' => break,
                b'\\' => end += 2,
                _ => end += 1,
            }
        }
        self.at = end + 1;
        Some(())
    }

    /// Takes a key with its quotes, and returns where the last one is.
    fn key(&mut self) -> Option<usize> {
        let bytes = self.json.as_bytes();
        let mut end = self.at + 1;
        while !matches!(bytes.get(end)?, b'"' | b'\\') {
            end += 1;
        }
        self.at = end + 1;
        (bytes.get(end) == Some(&b'"')).then_some(end)
    }

    fn list(&mut self, depth: usize) -> Option<()> {
        self.at += 1;
        if self.takes(b']') {
            return Some(());
        }
        loop {
            self.value(depth)?;
            if !self.takes(b',') {
                return self.takes(b']').then_some(());
            }
        }
    }

    /// Takes an object, and leaves its fields in the buffer.
    fn object(&mut self, depth: usize) -> Option<()> {
        let (opened, outer) = (self.at, self.buffers.fields.len());
        if !self.takes(b'{') {
            return None;
        }
        while self.peek() == Some(b'"') {
            let start = self.at;
            let key_end = self.key()?;
            if !self.takes(b':') {
                return None;
            }
            self.value(depth)?;
            let is_kind = depth == 1 && self.json.get(start + 1..key_end) == Some(super::TAG);
            let rank = if is_kind { OF_KIND } else { key_end - start };
            self.buffers.fields.push(Field { rank, start, key_end, end: self.at });
            if !self.takes(b',') {
                break;
            }
        }
        if !self.takes(b'}') {
            return None;
        }
        self.buffers.sort(self.json.as_bytes(), opened + 1, outer)
    }
}

/// The length of what may be skipped in a text at once: large pieces without a quote or a backslash.
fn plain_bytes(text: &[u8]) -> usize {
    const PIECE: usize = 32;
    let is_plain =
        |piece: &&[u8]| !piece.iter().fold(false, |is_any, byte| is_any | (*byte == b'"') | (*byte == b'\\'));
    text.chunks_exact(PIECE).take_while(is_plain).count() * PIECE
}

impl Buffers {
    /// Brings the last fields, those of an object that begins there, to the order of `jsonb`. `None` if a key comes twice.
    fn sort(&mut self, json: &[u8], start: usize, outer: usize) -> Option<()> {
        let fields = self.fields.get_mut(outer..)?;
        let are_in_order = |pair: &[Field]| pair[0].order(&pair[1], json) == Ordering::Less;
        if fields.windows(2).all(are_in_order) {
            return Some(());
        }
        fields.sort_unstable_by(|one, other| one.order(other, json));
        fields.windows(2).all(are_in_order).then(|| self.move_fields(json, start, outer))?
    }

    /// Writes fields, whose order has changed, to where their object begins. The values within them are in order already.
    fn move_fields(&mut self, json: &[u8], start: usize, outer: usize) -> Option<()> {
        if self.moved.is_empty() {
            self.moved.extend_from_slice(json);
        }
        self.object.clear();
        for field in self.fields.get(outer..)? {
            if !self.object.is_empty() {
                self.object.push(b',');
            }
            self.object.extend_from_slice(self.moved.get(field.start..field.end)?);
        }
        self.moved.get_mut(start..start + self.object.len())?.copy_from_slice(&self.object);
        Some(())
    }
}

#[cfg(test)]
mod tests;
