//! A bundle of an incident: everything that is known about it as files that a stranger can check with `sha256sum` and one
//! public key, without Quell.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderValue, Method, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use quell_incident::work::{Evidence, EvidenceFact, Text, Work, WorkFact};
use quell_model::ports::Vault;
use quell_model::{Right, hex};
use quell_store::{Store, Worked};
use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::evidence::{all_intact, check, verify};
use super::hand::Hand;
use super::incidents::incident_id;
use super::reports::ledger_holds;
use super::work::worked;
use crate::App;
use crate::http::{Access, ApiError, Caller, Json, Route, stream_out};

/// Version of the form of bundles.
pub(super) const FORM: u32 = 1;
pub(super) const SUMS: &str = "SHA256SUMS";
pub(super) const KEY: &str = "public-key.pem";
const READ_ME: &str = "This is an incident as Quell knows it. To check that nothing was changed:\n\n  \
    sha256sum -c SHA256SUMS\n  \
    openssl pkeyutl -verify -pubin -inkey public-key.pem -rawin -in SHA256SUMS -sigfile SHA256SUMS.sig\n\n\
    Compare public-key.pem with the key that the organisation gave you in another way (`quell keys public` prints it): anybody can \
    put a key of their own into an archive.\n\n\
    incident.json   the incident as it stands\n\
    work.json       everything that was found, decided and done, with the custody of the evidence\n\
    story.json      what Quell tells about it\n\
    ledger.jsonl    the entries behind all of it, with their hashes\n\
    evidence/       the evidence that is kept, each file named by its id\n    \
    reports/        the reports that were given out, each named by the entry that says so\n\n\
    Another Quell opens it: quell incident open FILE --key KEY-ID\n";

pub(super) fn routes() -> Vec<Route> {
    let read = Access::Needs(Right::IncidentsRead);
    vec![
        Route::api(Method::POST, "/api/v1/incidents/{id}/bundle", Access::Needs(Right::IncidentsLead), || post(bundle))
            .with_file(),
        Route::api(Method::GET, "/api/v1/signing-key", read, || get(signing_key)),
    ]
}

/// The key that bundles and heads of the ledger are signed with.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct SigningKey {
    /// Its name: the first 16 hex digits of the SHA-256 of the public key.
    key_id: String,
    /// The public key, PEM (Ed25519, RFC 8410).
    public_key: String,
}

/// The public key of this Quell.
#[utoipa::path(get, path = "/api/v1/signing-key", tag = "evidence", responses((status = 200, body = SigningKey)))]
pub(crate) async fn signing_key(State(app): State<App>) -> Json<SigningKey> {
    let signer = app.store.signing_key();
    Json(SigningKey { key_id: signer.key_id().to_owned(), public_key: signer.public_key_pem() })
}

/// Makes a bundle: a ZIP archive with the incident, its work, its ledger entries and its evidence, signed. Every piece of
/// evidence is verified first, and its custody says that it was given out.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/bundle", tag = "evidence", params(("id" = String, Path)),
    responses((status = 200, content((String = "application/zip")))))]
pub(crate) async fn bundle(
    State(app): State<App>,
    caller: Caller,
    Path(incident): Path<String>,
) -> Result<Response, ApiError> {
    let id = incident_id(&incident)?;
    let before = worked(&app, &caller, &incident, None).await?;
    ledger_holds(&app).await?;
    // Work on a merged incident goes on elsewhere: nothing is recorded here, but nothing is given out unseen.
    let goes_on = before.incident.merged_into.is_none();
    let checked =
        if goes_on { verify(&app, &caller, &id, &before.work).await } else { check(&app, &before.work).await };
    all_intact(&checked?)?;
    if goes_on {
        let facts = before.work.evidence.iter().filter(|evidence| evidence.is_kept()).map(given_out);
        for facts in facts.collect::<Result<Vec<_>, _>>()?.chunks(100) {
            Hand::of(&app, &caller).work(&id, None, facts.to_vec()).await?;
        }
    }
    let worked = worked(&app, &caller, &incident, None).await?;
    let files = files(&app, &caller, &incident, &worked).await?;
    let sealed = sealed(&worked.work);
    let (vault, store) = (Arc::clone(&app.vault), app.store.clone());
    let body = stream_out(move |out| pack(out, &files, &sealed, &*vault, &store));
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/zip"));
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{id}.zip\""));
    let disposition = disposition.map_err(|error| ApiError::Internal(error.to_string()))?;
    headers.insert(header::CONTENT_DISPOSITION, disposition);
    Ok(response)
}

/// Names and hashes of everything that comes out of the vault.
fn sealed(work: &Work) -> Vec<(String, String)> {
    let evidence = work.evidence.iter().filter(|evidence| evidence.is_kept());
    let evidence = evidence.map(|it| (format!("evidence/{}", it.id.0), it.sha256.as_str().to_owned()));
    let reports = work.review.reports.iter();
    let reports = reports.map(|it| (format!("reports/{}", it.stamp.entry), it.sha256.as_str().to_owned()));
    evidence.chain(reports).collect()
}

fn given_out(evidence: &Evidence) -> Result<WorkFact, ApiError> {
    let purpose = Text::try_from("given out in a bundle of the incident".to_owned());
    let purpose = purpose.map_err(|error| ApiError::Internal(error.to_string()))?;
    Ok(EvidenceFact::Accessed { evidence: evidence.id, purpose }.into())
}

/// Everything but the evidence, by name.
async fn files(
    app: &App,
    caller: &Caller,
    incident: &str,
    worked: &Worked,
) -> Result<Vec<(&'static str, Vec<u8>)>, ApiError> {
    let id = incident_id(incident)?;
    let pretty = |value: &serde_json::Value| serde_json::to_vec_pretty(value).unwrap_or_default();
    let detail = Hand::of(app, caller).detail(&id).await?;
    let story = app.store.story(&caller.viewer(), &id, None).await?.unwrap_or_default();
    let mut ledger = Vec::new();
    for part in &worked.parts {
        for stream in ["incident", "timeline"] {
            for entry in app.store.stream(&format!("{stream}/{part}"), None).await? {
                serde_json::to_writer(&mut ledger, &entry).map_err(|error| ApiError::Internal(error.to_string()))?;
                ledger.push(b'\n');
            }
        }
    }
    // Whoever reads it need not know who else works here.
    let text = String::from_utf8_lossy(&ledger);
    let users = app.store.users().await?.into_iter().filter(|user| text.contains(user.id.as_str()));
    let people: BTreeMap<String, String> = users.map(|user| (user.id.to_string(), user.account.display_name)).collect();
    let about = json!({ "quell_bundle": FORM, "incident": detail, "parts": worked.parts, "people": people });
    Ok(vec![
        ("README.txt", READ_ME.as_bytes().to_vec()),
        ("incident.json", pretty(&about)),
        ("work.json", serde_json::to_vec_pretty(&worked.work).unwrap_or_default()),
        ("story.json", story),
        ("ledger.jsonl", ledger),
        (KEY, app.store.signing_key().public_key_pem().into_bytes()),
    ])
}

fn pack(
    out: &mut dyn Write,
    files: &[(&'static str, Vec<u8>)],
    sealed: &[(String, String)],
    vault: &dyn Vault,
    store: &Store,
) -> io::Result<()> {
    let mut zip = ZipWriter::new_stream(out);
    let mut sums = String::new();
    let mut put = |zip: &mut ZipWriter<_>, name: &str, bytes: &mut dyn io::Read| -> io::Result<String> {
        // Logs and memory can be large; what is sealed is not packed, so that it can be read with any tool.
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored).large_file(true);
        zip.start_file(name, options)?;
        let mut hashed = Hashed { out: zip, hash: Sha256::new() };
        io::copy(bytes, &mut hashed)?;
        let hash = hex::encode(&hashed.hash.finalize());
        sums.push_str(&format!("{hash}  {name}\n"));
        Ok(hash)
    };
    for (name, bytes) in files {
        put(&mut zip, name, &mut &bytes[..])?;
    }
    for (name, sha256) in sealed {
        let given = put(&mut zip, name, &mut vault.read(sha256)?)?;
        // Changed since it was verified a moment ago: what is not what was sealed is never signed.
        if given != *sha256 {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "evidence changed while it was packed"));
        }
    }
    let signature = store.signing_key().sign_manifest(sums.as_bytes());
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for (name, bytes) in [(SUMS.to_owned(), sums.as_bytes()), (format!("{SUMS}.sig"), &signature[..])] {
        zip.start_file(name, stored)?;
        zip.write_all(bytes)?;
    }
    zip.finish()?;
    Ok(())
}

/// Writes on, and hashes what goes by.
struct Hashed<'z, W> {
    out: &'z mut W,
    hash: Sha256,
}

impl<W: Write> Write for Hashed<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.out.write(bytes)?;
        self.hash.update(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
