//! Signed calls to AWS: the few that actions need, in the three forms that its services speak.
//!
//! The official SDKs would cost minutes of building for each service. Signing is theirs (`aws-sigv4`); forms and answers are
//! described in the API references of the services.

use std::sync::Arc;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, sign,
};
use aws_sigv4::sign::v4;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use quell_model::action::{ActionError, With};
use quell_model::ports::Clock;
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::super::http::bounded;

/// An account of AWS, and how it is reached.
#[derive(Clone)]
pub struct AwsSettings {
    /// Region of what is acted upon, such as `eu-central-1`.
    pub region: String,
    /// Id of an access key, and its secret.
    pub key: (String, String),
    /// Numbers of the accounts whose ARNs mean identities of this one; an ARN of any other is refused.
    pub accounts: Vec<String>,
    /// Where all services answer, instead of where AWS does: `http://127.0.0.1:5000`.
    pub endpoint: Option<String>,
    /// A security group without rules, for instances that are cut off. Without one there is no action for it.
    pub isolation_group: Option<String>,
}

impl std::fmt::Debug for AwsSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AwsSettings").field("region", &self.region).field("key", &self.key.0).finish_non_exhaustive()
    }
}

/// What forms encode: all but the unreserved characters of RFC 3986. What signs a form anew from its fields encodes like this.
const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A client of one account in one region.
pub(super) struct Aws {
    pub(super) settings: AwsSettings,
    clock: Arc<dyn Clock>,
    http: reqwest::Client,
}

/// What a service says against a call.
#[derive(Debug)]
pub(super) enum Refusal {
    /// With the code that the service gives it, such as `NoSuchEntity`.
    Said {
        code: String,
        message: String,
    },
    Unavailable(String),
}

/// Codes for what the account does not have.
const ABSENT: [&str; 6] = [
    "NoSuchEntity",
    "InvalidInstanceID.NotFound",
    "InvalidInstanceID.Malformed",
    "NoSuchBucket",
    "NotFoundException",
    "TrailNotFoundException",
];

impl From<Refusal> for ActionError {
    fn from(refusal: Refusal) -> ActionError {
        match refusal {
            Refusal::Said { code, message } if ABSENT.contains(&code.as_str()) => {
                ActionError::ByHand(format!("{code}: {message}"))
            }
            Refusal::Said { code, message } => ActionError::Refused(format!("{code}: {message}")),
            Refusal::Unavailable(why) => ActionError::Unavailable(why),
        }
    }
}

/// What is sent.
struct Request<'a> {
    service: &'a str,
    method: Method,
    /// Path and query, encoded.
    path: String,
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Aws {
    pub(super) fn new(settings: AwsSettings, clock: Arc<dyn Clock>, http: reqwest::Client) -> Aws {
        Aws { settings, clock, http }
    }

    /// A user or a role of this account.
    pub(super) fn identity<'w>(&self, with: &'w With, parameter_name: &str) -> Result<&'w str, ActionError> {
        super::identity(&self.settings.accounts, with, parameter_name)
    }

    /// The time that policies speak of.
    pub(super) fn now(&self) -> quell_model::Timestamp {
        self.clock.now()
    }

    /// A call in the form of IAM and EC2: fields in, XML out.
    pub(super) async fn query<T: DeserializeOwned>(
        &self,
        (service, version): (&str, &str),
        action: &str,
        fields: &[(&str, &str)],
    ) -> Result<T, Refusal> {
        let encoded = |text: &str| utf8_percent_encode(text, FORM).to_string().replace("%20", "+");
        let mut body = format!("Action={action}&Version={version}");
        for (name, value) in fields {
            body.push_str(&format!("&{name}={}", encoded(value)));
        }
        let headers = vec![("content-type", "application/x-www-form-urlencoded; charset=utf-8".to_owned())];
        let answer = self.send(Request { service, method: Method::POST, path: "/".to_owned(), headers, body }).await?;
        quick_xml::de::from_str(&answer)
            .map_err(|error| Refusal::Unavailable(format!("{action}: the answer is not understood: {error}")))
    }

    /// A call in the form of CloudTrail and KMS: JSON in and out.
    pub(super) async fn json(&self, service: &str, target: &str, body: Value) -> Result<Value, Refusal> {
        let headers =
            vec![("content-type", "application/x-amz-json-1.1".to_owned()), ("x-amz-target", target.to_owned())];
        let body = body.to_string();
        let answer = self.send(Request { service, method: Method::POST, path: "/".to_owned(), headers, body }).await?;
        if answer.trim().is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(&answer)
            .map_err(|error| Refusal::Unavailable(format!("{target}: the answer is not understood: {error}")))
    }

    /// A call to a bucket of S3, at one of its parts such as `policy`.
    pub(super) async fn bucket(&self, method: Method, bucket: &str, part: &str, body: &str) -> Result<String, Refusal> {
        let path = format!("/{bucket}?{part}=");
        let headers = vec![("content-type", "application/octet-stream".to_owned())];
        self.send(Request { service: "s3", method, path, headers, body: body.to_owned() }).await
    }

    async fn send(&self, request: Request<'_>) -> Result<String, Refusal> {
        let (base, region) = self.place(request.service);
        let url = format!("{base}{}", request.path);
        let unavailable = |error: String| Refusal::Unavailable(format!("{}: {error}", request.service));
        let mut sent = self.http.request(request.method.clone(), &url);
        for (name, value) in self.signed(&request, &url, &region).map_err(unavailable)? {
            sent = sent.header(name, value);
        }
        for (name, value) in &request.headers {
            sent = sent.header(*name, value);
        }
        let answer = sent.body(request.body.clone()).send().await.map_err(|error| unavailable(error.to_string()))?;
        let status = answer.status();
        let text = bounded(answer).await.map_err(unavailable)?;
        match status.is_success() {
            true => Ok(text),
            false => Err(refusal(status, &text)),
        }
    }

    /// Where a service answers, and the region that a signature for it names.
    fn place(&self, service: &str) -> (String, String) {
        let is_global = service == "iam";
        let region = if is_global { "us-east-1".to_owned() } else { self.settings.region.clone() };
        let base = match &self.settings.endpoint {
            Some(endpoint) => endpoint.trim_end_matches('/').to_owned(),
            None if is_global => "https://iam.amazonaws.com".to_owned(),
            None => format!("https://{service}.{region}.amazonaws.com"),
        };
        (base, region)
    }

    fn signed(&self, request: &Request<'_>, url: &str, region: &str) -> Result<Vec<(String, String)>, String> {
        let (id, secret) = &self.settings.key;
        let credentials = Credentials::new(id, secret, None, None, "quell").into();
        let mut settings = SigningSettings::default();
        if request.service == "s3" {
            settings.percent_encoding_mode = PercentEncodingMode::Single;
            settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        }
        let parameters = v4::SigningParams::builder()
            .identity(&credentials)
            .region(region)
            .name(request.service)
            .time(SystemTime::from(self.clock.now()))
            .settings(settings)
            .build()
            .map_err(|error| error.to_string())?;
        let headers = request.headers.iter().map(|(name, value)| (*name, value.as_str()));
        let body = SignableBody::Bytes(request.body.as_bytes());
        let signable = SignableRequest::new(request.method.as_str(), url, headers, body).map_err(|e| e.to_string())?;
        let (instructions, _) = sign(signable, &parameters.into()).map_err(|error| error.to_string())?.into_parts();
        Ok(instructions.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }
}

/// What an answer says that is no success.
fn refusal(status: StatusCode, text: &str) -> Refusal {
    let (code, message) = said(text).unwrap_or_else(|| (status.as_u16().to_string(), String::new()));
    let is_passing = status.is_server_error() || status == 429 || code.contains("Throttl");
    match is_passing || code == "RequestLimitExceeded" {
        true => Refusal::Unavailable(format!("{code}: {message}")),
        false => Refusal::Said { code, message },
    }
}

/// Code and message, in any of the forms.
fn said(text: &str) -> Option<(String, String)> {
    if let Ok(value) = serde_json::from_str::<Value>(text) {
        let code = value["__type"].as_str()?.rsplit('#').next()?.to_owned();
        let message = value["message"].as_str().or(value["Message"].as_str()).unwrap_or_default();
        return Some((code, message.to_owned()));
    }
    // S3 has the error outermost, IAM one below, EC2 two.
    if let Ok(Failure { code, message }) = quick_xml::de::from_str(text) {
        return Some((code, message));
    }
    if let Ok(OfIam { error }) = quick_xml::de::from_str(text) {
        return Some((error.code, error.message));
    }
    let OfEc2 { errors } = quick_xml::de::from_str(text).ok()?;
    Some((errors.error.code, errors.error.message))
}

#[derive(Deserialize)]
struct Failure {
    #[serde(rename = "Code")]
    code: String,
    #[serde(rename = "Message", default)]
    message: String,
}

#[derive(Deserialize)]
struct OfIam {
    #[serde(rename = "Error")]
    error: Failure,
}

#[derive(Deserialize)]
struct OfEc2 {
    #[serde(rename = "Errors")]
    errors: OfIam,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_read_in_every_form() {
        let s3 = "<?xml version=\"1.0\"?><Error><Code>NoSuchBucket</Code><Message>gone</Message></Error>";
        let iam = "<ErrorResponse><Error><Type>Sender</Type><Code>NoSuchEntity</Code><Message>gone</Message></Error></ErrorResponse>";
        let ec2 = "<Response><Errors><Error><Code>InvalidInstanceID.NotFound</Code><Message>gone</Message></Error></Errors></Response>";
        let kms = r#"{"__type": "com.amazonaws.kms#NotFoundException", "message": "gone"}"#;
        for (text, code) in [
            (s3, "NoSuchBucket"),
            (iam, "NoSuchEntity"),
            (ec2, "InvalidInstanceID.NotFound"),
            (kms, "NotFoundException"),
        ] {
            assert_eq!(said(text), Some((code.to_owned(), "gone".to_owned())), "{text}");
        }
        assert_eq!(said("<html>"), None);
        let passing = refusal(StatusCode::SERVICE_UNAVAILABLE, s3);
        assert!(matches!(passing, Refusal::Unavailable(_)));
    }
}
