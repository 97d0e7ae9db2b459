//! Log lines: text formats that are no JSON.
//!
//! A decoder recognises a line by its content and splits it into named fields. Formats with a header (Zeek, CSV, VPC flow
//! logs) are remembered for the lines that follow.

mod auditd;
mod csv_table;
pub(crate) mod message;
mod syslog;
mod vpc_flow;
mod zeek;

use std::sync::Arc;

pub use csv_table::CsvTable;

/// Most fields of one line. A line with more is cut there, or is of no known format.
const FIELDS_MAX: usize = 4_096;

/// What a line is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Decoded {
    /// A header or comment.
    Nothing,
    /// A record of the named source.
    Pairs { source: Arc<str>, pairs: Vec<(String, String)> },
    /// No known format.
    Unknown(String),
}

impl Decoded {
    fn pairs(source: &str, pairs: Vec<(String, String)>) -> Decoded {
        Decoded::Pairs { source: source.into(), pairs }
    }
}

/// Decodes the lines of one input.
#[derive(Debug)]
pub(crate) struct LineDecoder {
    tables: Vec<CsvTable>,
    header: Header,
    /// Year of the latest record by the input's own account; RFC 3164 times have none.
    year: i16,
}

/// Header that the following lines stand under.
#[derive(Debug)]
enum Header {
    None,
    Zeek(zeek::Header),
    Csv(csv_table::Header),
    VpcFlow(Vec<String>),
}

impl LineDecoder {
    pub(crate) fn new(tables: Vec<CsvTable>, year: i16) -> LineDecoder {
        LineDecoder { tables, header: Header::None, year }
    }

    pub(crate) fn decode(&mut self, line: &str) -> Decoded {
        if line.starts_with('#') {
            return self.comment(line);
        }
        if let Some(pairs) = auditd::decode(line) {
            return Decoded::pairs("linux.auditd", pairs);
        }
        if let Some(columns) = vpc_flow::header(line) {
            self.header = Header::VpcFlow(columns);
            return Decoded::Nothing;
        }
        if let Some(header) = self.tables.iter().find_map(|table| table.header(line)) {
            self.header = Header::Csv(header);
            return Decoded::Nothing;
        }
        self.under_header(line)
            .or_else(|| {
                vpc_flow::decode(line, &vpc_flow::default_columns()).map(|pairs| Decoded::pairs("aws.vpcflow", pairs))
            })
            .or_else(|| syslog::decode(line, self.year).map(|pairs| Decoded::pairs("linux.syslog", pairs)))
            .unwrap_or_else(|| Decoded::Unknown("no known log format; give a mapping for it".to_owned()))
    }

    fn comment(&mut self, line: &str) -> Decoded {
        if line.starts_with("#separator") {
            self.header = Header::Zeek(zeek::Header::default());
        }
        if let Header::Zeek(header) = &mut self.header {
            header.read(line);
        }
        Decoded::Nothing
    }

    fn under_header(&self, line: &str) -> Option<Decoded> {
        match &self.header {
            Header::None => None,
            Header::Zeek(header) => header.decode(line).map(|pairs| Decoded::pairs("zeek", pairs)),
            Header::Csv(header) => header.decode(line).map(|pairs| Decoded::pairs(&header.source, pairs)),
            Header::VpcFlow(columns) => {
                vpc_flow::decode(line, columns).map(|pairs| Decoded::pairs("aws.vpcflow", pairs))
            }
        }
    }
}
