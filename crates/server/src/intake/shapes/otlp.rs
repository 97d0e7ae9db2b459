//! OTLP over HTTP: `/v1/logs` with an ExportLogsServiceRequest, as protobuf or as JSON.
//!
//! The body of a log record is the record of a delivery: text as a line, anything else as JSON. Of a log record without a body
//! its attributes are. What stands around it (resource, scope, times) is not kept; it is not even decoded, so that small bodies
//! cannot become large in memory. Log records that cannot be read are counted and answered for; the others are taken.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use prost::Message;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};
use quell_model::ports::Receipt;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;
use serde_json::{Map, Number, Value};

use super::{ITEMS_MAX, Lines, object};

/// Longest log record, encoded. Decoded it can be some dozen times as large.
const RECORD_BYTES_MAX: usize = 1 << 20;
/// `ExportLogsServiceRequest.resource_logs`.
const RESOURCE_LOGS: u32 = 1;
/// `ResourceLogs.scope_logs`.
const SCOPE_LOGS: u32 = 2;
/// `ScopeLogs.log_records`.
const LOG_RECORDS: u32 = 2;
/// `google.rpc.Code.INVALID_ARGUMENT`.
const INVALID_ARGUMENT: i32 = 3;

/// How request and answer are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// Protobuf.
    Protobuf,
    /// JSON.
    Json,
}

impl Encoding {
    /// By a `Content-Type`; none if it is neither.
    pub(crate) fn of(content_type: &str) -> Option<Encoding> {
        let kind = content_type.split(';').next().unwrap_or_default().trim();
        match () {
            () if kind.eq_ignore_ascii_case("application/x-protobuf") => Some(Encoding::Protobuf),
            () if kind.eq_ignore_ascii_case("application/json") => Some(Encoding::Json),
            () => None,
        }
    }

    /// The `Content-Type` of the answer.
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Encoding::Protobuf => "application/x-protobuf",
            Encoding::Json => "application/json",
        }
    }
}

/// A request that was taken apart.
#[derive(Debug)]
pub(crate) struct Logs {
    /// For the delivery: the log records, one a line.
    pub(crate) bytes: Vec<u8>,
    /// For the answer.
    pub(crate) refused: Refused,
}

/// Log records that are not part of the delivery.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Refused {
    count: u64,
    first_reason: Option<String>,
}

/// A body that cannot be taken apart. Nothing of it is stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LogsError {
    /// It is not what it should be.
    #[error("the body is no ExportLogsServiceRequest: {0}")]
    Malformed(String),
    /// There are too many log records.
    #[error("more than {ITEMS_MAX} log records in one request; send fewer at a time")]
    TooMany,
}

impl LogsError {
    /// The HTTP status.
    pub(crate) fn status(&self) -> u16 {
        match self {
            LogsError::Malformed(_) => 400,
            LogsError::TooMany => 413,
        }
    }
}

/// Takes a body apart.
///
/// # Errors
/// The body is not in the form of the protocol.
pub(crate) fn logs(body: &[u8], encoding: Encoding) -> Result<Logs, LogsError> {
    let mut gathered = Gathered::default();
    match encoding {
        Encoding::Protobuf => protobuf_logs(body, &mut gathered)?,
        Encoding::Json => json_logs(body, &mut gathered)?,
    }
    Ok(Logs { bytes: gathered.lines.bytes, refused: gathered.refused })
}

#[derive(Default)]
struct Gathered {
    lines: Lines,
    refused: Refused,
    count: usize,
}

impl Gathered {
    /// Takes one log record, `bytes` long as it was sent.
    fn take(&mut self, bytes: usize, read: impl FnOnce() -> Result<LogRecord, String>) -> Result<(), LogsError> {
        self.count += 1;
        if self.count > ITEMS_MAX {
            return Err(LogsError::TooMany);
        }
        let line = if bytes > RECORD_BYTES_MAX {
            Err(format!("a log record is larger than {} KiB", RECORD_BYTES_MAX >> 10))
        } else {
            read().and_then(LogRecord::line)
        };
        match line {
            Ok(line) => self.lines.push(line.as_bytes()),
            Err(reason) => {
                self.refused.count += 1;
                self.refused.first_reason.get_or_insert(reason);
            }
        }
        Ok(())
    }
}

fn protobuf_logs(body: &[u8], gathered: &mut Gathered) -> Result<(), LogsError> {
    for resource_logs in messages(body, RESOURCE_LOGS) {
        for scope_logs in messages(resource_logs?, SCOPE_LOGS) {
            for record in messages(scope_logs?, LOG_RECORDS) {
                let record = record?;
                gathered.take(record.len(), || LogRecord::decode(record).map_err(|error| error.to_string()))?;
            }
        }
    }
    Ok(())
}

/// The messages in the field with this number; what stands in other fields is passed over. It ends after an error.
fn messages(mut rest: &[u8], number: u32) -> impl Iterator<Item = Result<&[u8], LogsError>> {
    std::iter::from_fn(move || {
        let next = next_message(&mut rest, number).transpose()?;
        if next.is_err() {
            rest = &[];
        }
        Some(next)
    })
}

fn next_message<'b>(rest: &mut &'b [u8], number: u32) -> Result<Option<&'b [u8]>, LogsError> {
    let malformed = |error: prost::DecodeError| LogsError::Malformed(error.to_string());
    while !rest.is_empty() {
        let (field, wire_type) = decode_key(rest).map_err(malformed)?;
        if field != number || wire_type != WireType::LengthDelimited {
            skip_field(wire_type, field, rest, DecodeContext::default()).map_err(malformed)?;
            continue;
        }
        let length = decode_varint(rest).map_err(malformed)?;
        let split = usize::try_from(length).ok().and_then(|length| rest.split_at_checked(length));
        let (message, after) = split.ok_or_else(|| LogsError::Malformed("it is cut off".to_owned()))?;
        *rest = after;
        return Ok(Some(message));
    }
    Ok(None)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsonRequest<'a> {
    #[serde(borrow)]
    resource_logs: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsonResourceLogs<'a> {
    #[serde(borrow)]
    scope_logs: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsonScopeLogs<'a> {
    #[serde(borrow)]
    log_records: Option<Vec<&'a RawValue>>,
}

fn json_logs(body: &[u8], gathered: &mut Gathered) -> Result<(), LogsError> {
    let text = std::str::from_utf8(body).map_err(|error| LogsError::Malformed(error.to_string()))?;
    let request: JsonRequest<'_> = object(text).map_err(LogsError::Malformed)?;
    for resource_logs in request.resource_logs.into_iter().flatten() {
        let resource_logs: JsonResourceLogs<'_> = object(resource_logs.get()).map_err(LogsError::Malformed)?;
        for scope_logs in resource_logs.scope_logs.into_iter().flatten() {
            let scope_logs: JsonScopeLogs<'_> = object(scope_logs.get()).map_err(LogsError::Malformed)?;
            for record in scope_logs.log_records.into_iter().flatten() {
                gathered.take(record.get().len(), || object(record.get()))?;
            }
        }
    }
    Ok(())
}

/// A log record, as far as it is read.
#[derive(Clone, PartialEq, Message, Deserialize)]
pub(super) struct LogRecord {
    #[prost(message, optional, tag = "5")]
    pub(super) body: Option<AnyValue>,
    #[prost(message, repeated, tag = "6")]
    #[serde(default)]
    pub(super) attributes: Vec<KeyValue>,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
pub(super) struct KeyValue {
    #[prost(string, tag = "1")]
    #[serde(default)]
    pub(super) key: String,
    #[prost(message, optional, tag = "2")]
    pub(super) value: Option<AnyValue>,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(try_from = "JsonAnyValue")]
pub(super) struct AnyValue {
    #[prost(oneof = "Any", tags = "1, 2, 3, 4, 5, 6, 7")]
    pub(super) value: Option<Any>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub(super) enum Any {
    #[prost(string, tag = "1")]
    Text(String),
    #[prost(bool, tag = "2")]
    Bool(bool),
    #[prost(int64, tag = "3")]
    Int(i64),
    #[prost(double, tag = "4")]
    Double(f64),
    #[prost(message, tag = "5")]
    List(AnyList),
    #[prost(message, tag = "6")]
    Map(AnyMap),
    #[prost(bytes = "vec", tag = "7")]
    Bytes(Vec<u8>),
}

#[derive(Clone, PartialEq, Message, Deserialize)]
pub(super) struct AnyList {
    #[prost(message, repeated, tag = "1")]
    #[serde(default)]
    pub(super) values: Vec<AnyValue>,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
pub(super) struct AnyMap {
    #[prost(message, repeated, tag = "1")]
    #[serde(default)]
    pub(super) values: Vec<KeyValue>,
}

/// The same in JSON: one of these.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsonAnyValue {
    string_value: Option<String>,
    bool_value: Option<bool>,
    int_value: Option<JsonNumber<i64>>,
    double_value: Option<JsonNumber<f64>>,
    array_value: Option<AnyList>,
    kvlist_value: Option<AnyMap>,
    bytes_value: Option<String>,
}

/// Numbers may be written as text.
#[derive(Deserialize)]
#[serde(untagged)]
enum JsonNumber<T> {
    Number(T),
    Text(String),
}

impl<T: std::str::FromStr> JsonNumber<T> {
    fn parse(self) -> Result<T, String> {
        match self {
            JsonNumber::Number(number) => Ok(number),
            JsonNumber::Text(text) => text.parse().map_err(|_| format!("`{}` is no number", text.escape_debug())),
        }
    }
}

impl TryFrom<JsonAnyValue> for AnyValue {
    type Error = String;

    fn try_from(json: JsonAnyValue) -> Result<AnyValue, String> {
        let int = json.int_value.map(JsonNumber::parse).transpose()?;
        let double = json.double_value.map(JsonNumber::parse).transpose()?;
        let bytes = json.bytes_value.map(|text| STANDARD.decode(text)).transpose();
        let bytes = bytes.map_err(|_| "`bytesValue` is no base64".to_owned())?;
        let value = json
            .string_value
            .map(Any::Text)
            .or(json.bool_value.map(Any::Bool))
            .or(int.map(Any::Int))
            .or(double.map(Any::Double))
            .or(json.array_value.map(Any::List))
            .or(json.kvlist_value.map(Any::Map))
            .or(bytes.map(Any::Bytes));
        Ok(AnyValue { value })
    }
}

impl LogRecord {
    /// What it says, as a line.
    fn line(self) -> Result<String, String> {
        let text = match self.body.and_then(|body| body.value) {
            Some(Any::Text(text)) => text,
            Some(Any::Bytes(bytes)) => STANDARD.encode(bytes),
            Some(other) => json_of(other).to_string(),
            None => String::new(),
        };
        match () {
            () if !text.trim().is_empty() => Ok(text),
            () if !self.attributes.is_empty() => Ok(json_of_map(self.attributes).to_string()),
            () => Err("a log record has neither body nor attributes".to_owned()),
        }
    }
}

/// How deep it goes was bounded when it was decoded.
fn json_of(value: Any) -> Value {
    match value {
        Any::Text(text) => Value::String(text),
        Any::Bool(value) => Value::Bool(value),
        Any::Int(number) => Value::Number(number.into()),
        Any::Double(number) => {
            Number::from_f64(number).map_or_else(|| Value::String(number.to_string()), Value::Number)
        }
        Any::List(list) => Value::Array(list.values.into_iter().map(json_of_any).collect()),
        Any::Map(map) => json_of_map(map.values),
        Any::Bytes(bytes) => Value::String(STANDARD.encode(bytes)),
    }
}

fn json_of_any(value: AnyValue) -> Value {
    value.value.map_or(Value::Null, json_of)
}

fn json_of_map(pairs: Vec<KeyValue>) -> Value {
    let pairs = pairs.into_iter().map(|pair| (pair.key, pair.value.map_or(Value::Null, json_of_any)));
    Value::Object(pairs.collect::<Map<String, Value>>())
}

/// `ExportLogsServiceResponse`.
#[derive(Clone, PartialEq, Message, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Response {
    #[prost(message, optional, tag = "1")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) partial_success: Option<PartialSuccess>,
}

#[derive(Clone, PartialEq, Message, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PartialSuccess {
    #[prost(int64, tag = "1")]
    #[serde(serialize_with = "as_text")]
    pub(super) rejected_log_records: i64,
    #[prost(string, tag = "2")]
    pub(super) error_message: String,
}

/// `google.rpc.Status`.
#[derive(Clone, PartialEq, Message, Serialize)]
struct Status {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
}

/// 64-bit integers are text in the JSON form of protobuf.
fn as_text<S: Serializer>(number: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(number)
}

/// The body of the answer to a request that was stored.
pub(crate) fn answer(refused: &Refused, receipt: &Receipt, encoding: Encoding) -> Vec<u8> {
    let count = refused.count + receipt.rejected_total;
    let reason = refused.first_reason.as_deref().or_else(|| Some(receipt.rejected.first()?.reason.as_str()));
    let partial_success = reason.map(|reason| PartialSuccess {
        rejected_log_records: i64::try_from(count).unwrap_or(i64::MAX),
        error_message: format!("{count} rejected; the first: {reason}"),
    });
    encode(&Response { partial_success }, encoding)
}

/// The body of the answer to a request of which nothing is stored.
pub(crate) fn failure(message: &str, encoding: Encoding) -> Vec<u8> {
    encode(&Status { code: INVALID_ARGUMENT, message: message.to_owned() }, encoding)
}

fn encode(message: &(impl Message + Serialize), encoding: Encoding) -> Vec<u8> {
    match encoding {
        Encoding::Protobuf => message.encode_to_vec(),
        // Structs of numbers and text are always JSON.
        Encoding::Json => serde_json::to_vec(message).unwrap_or_else(|_| b"{}".to_vec()),
    }
}
