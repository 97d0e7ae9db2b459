//! Where a JSON value ends, by its brackets and strings. Values are not parsed here.

use memchr::memchr3;

/// Where a JSON value ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// After so many bytes.
    Complete(usize),
    /// It does not; so many bytes belong to it.
    Torn(usize, &'static str),
}

/// The structure of a value, followed as far as it was read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Structure {
    /// Bytes that were followed.
    pub(super) at: usize,
    /// A value ends at its line, whether it is complete or not.
    pub(super) one_line: bool,
    depth: usize,
    in_string: bool,
    /// The last byte that was neither blank nor inside a string.
    last: u8,
    /// What closes the value.
    close: u8,
    /// An object that begins in the first column shows that the value before it was cut off.
    by_line: bool,
}

impl Structure {
    /// A value that begins with its bracket.
    pub(super) fn of(open: u8, by_line: bool) -> Structure {
        let close = if open == b'[' { b']' } else { b'}' };
        Structure { at: 0, one_line: false, depth: 0, in_string: false, last: b',', close, by_line }
    }

    /// What follows the list inside an object that wraps it.
    pub(super) fn after_list() -> Structure {
        Structure { depth: 1, last: b']', ..Structure::of(b'{', true) }
    }

    /// Follows `bytes` from [`Structure::at`]; none if more bytes have to be known.
    pub(super) fn follow(&mut self, bytes: &[u8]) -> Option<End> {
        while self.at < bytes.len() {
            if self.in_string {
                match memchr3(b'"', b'\\', b'\n', &bytes[self.at..]) {
                    Some(skipped) => self.at += skipped,
                    None => {
                        self.at = bytes.len();
                        break;
                    }
                }
                match bytes[self.at] {
                    b'"' => self.in_string = false,
                    b'\n' => return Some(End::Torn(self.at, "a line ends inside a string")),
                    _ if self.at + 1 == bytes.len() => break,
                    _ if bytes[self.at + 1] != b'\n' => self.at += 1,
                    _ => {}
                }
            } else if let Some(end) = self.step(bytes) {
                return Some(end);
            }
            self.at += 1;
        }
        None
    }

    /// One byte outside strings.
    fn step(&mut self, bytes: &[u8]) -> Option<End> {
        let at = self.at;
        let byte = bytes[at];
        match byte {
            b'"' => self.in_string = true,
            b'{' if self.begins_another(bytes) => {
                return Some(End::Torn(at, "another object begins before it ends"));
            }
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                if self.depth == 0 {
                    let closed = byte == self.close;
                    return Some(if closed { End::Complete(at + 1) } else { End::Torn(at, "its brackets differ") });
                }
            }
            b'\n' if self.one_line => return Some(End::Torn(at, "it ends with its line")),
            _ => {}
        }
        if !byte.is_ascii_whitespace() {
            self.last = byte;
        }
        None
    }

    /// Whether the `{` at hand cannot belong to the value.
    fn begins_another(&self, bytes: &[u8]) -> bool {
        let first_column = self.at > 0 && bytes[self.at - 1] == b'\n';
        self.depth > 0 && (self.by_line && first_column || !matches!(self.last, b'[' | b',' | b':'))
    }
}
