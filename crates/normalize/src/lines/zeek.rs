//! Zeek logs in their tab-separated form, described by `#` headers (Zeek manual, "Log Formats").

use super::FIELDS_MAX;

/// What the `#` lines said.
#[derive(Debug)]
pub(super) struct Header {
    separator: String,
    unset: String,
    empty: String,
    path: String,
    fields: Vec<String>,
}

impl Default for Header {
    fn default() -> Self {
        Header {
            separator: "\t".to_owned(),
            unset: "-".to_owned(),
            empty: "(empty)".to_owned(),
            path: String::new(),
            fields: Vec::new(),
        }
    }
}

impl Header {
    pub(super) fn read(&mut self, line: &str) {
        if let Some(separator) = line.strip_prefix("#separator ") {
            let separator = unescape(separator.trim());
            if !separator.is_empty() {
                self.separator = separator;
            }
            return;
        }
        let mut parts = line.split(self.separator.as_str());
        let name = parts.next().unwrap_or_default();
        let mut first = || parts.next().unwrap_or_default().to_owned();
        match name {
            "#unset_field" => self.unset = first(),
            "#empty_field" => self.empty = first(),
            "#path" => self.path = first(),
            "#fields" => self.fields = parts.take(FIELDS_MAX).map(str::to_owned).collect(),
            _ => {}
        }
    }

    pub(super) fn decode(&self, line: &str) -> Option<Vec<(String, String)>> {
        let values: Vec<&str> = line.split(self.separator.as_str()).take(FIELDS_MAX + 1).collect();
        if self.fields.is_empty() || values.len() != self.fields.len() {
            return None;
        }
        let mut pairs = vec![("_path".to_owned(), self.path.clone())];
        for (name, value) in self.fields.iter().zip(values) {
            if value == self.unset {
                continue;
            }
            let value = if value == self.empty { String::new() } else { unescape(value) };
            pairs.push((name.clone(), value));
        }
        Some(pairs)
    }
}

/// Zeek writes bytes it cannot print as `\xNN`.
fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("\\x") {
        out.push_str(&rest[..at]);
        let code = rest.get(at + 2..at + 4).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match code {
            Some(code) if code.is_ascii() => {
                out.push(code.into());
                rest = &rest[at + 4..];
            }
            _ => {
                out.push_str("\\x");
                rest = &rest[at + 2..];
            }
        }
    }
    out.push_str(rest);
    out
}
