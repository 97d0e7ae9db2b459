//! Reading a bundle of another Quell. Nothing of it counts before its signature, and the hash of every file, are checked; what
//! it says is then decided on like anything else from elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};
use std::sync::Arc;

use axum::body::Body;
use quell_incident::carried::{
    CarriedFact, CarriedIncident, CarriedPiece, ELSEWHERE, NAMES_MAX, PIECES_MAX, SealedThere, original,
};
use quell_incident::timeline::TimelineFact;
use quell_incident::work::{Line, WorkFact};
use quell_incident::{Fact, Incident, IncidentFact, Origin};
use quell_model::ports::{Content, Vault};
use quell_model::{LedgerEntry, Level, Timestamp, UserId, hex};
use quell_store::ForeignKey;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use zip::read::ZipFile;
use zip::{CompressionMethod, ZipArchive};

use super::bundle::{FORM, KEY, SUMS};
use crate::App;
use crate::http::{ApiError, pour};

/// Largest file that is read as a whole.
const TEXT_BYTES_MAX: u64 = 64 << 20;
/// Most entries of a ledger that is read.
const ENTRIES_MAX: usize = 2 * PIECES_MAX;
/// Most files of a bundle.
const FILES_MAX: usize = 20_000;
const PIECE_BYTES: usize = 1 << 16;

/// An incident out of a bundle.
pub(crate) struct Opened {
    pub(crate) carried: CarriedIncident,
    /// What Quell told about it there, JSON.
    pub(crate) story: Option<Vec<u8>>,
    /// Whether only some saw it there.
    pub(crate) restricted: bool,
}

/// A bundle that was checked, but for what it has beside texts.
pub(super) struct Bundle {
    archive: Archive,
}

/// Takes a bundle in and checks its signature and its texts. Nothing of it is kept.
///
/// # Errors
/// It is no bundle, it was changed, or another key signed it.
pub(super) async fn open(app: &App, body: Body, key_id: &str) -> Result<(Bundle, Opened), ApiError> {
    let vault = Arc::clone(&app.vault);
    let arrived: Box<dyn Content> = pour(body, move |pieces| {
        let mut incoming = vault.begin()?;
        for piece in pieces {
            incoming.write(&piece?)?;
        }
        incoming.reread()
    })
    .await?;
    let key_id = key_id.to_owned();
    let read = tokio::task::spawn_blocking(move || Archive::open(arrived, &key_id)?.read()).await;
    let (archive, opened) = read.map_err(|error| ApiError::Internal(error.to_string()))?.map_err(refused)?;
    Ok((Bundle { archive }, opened))
}

impl Bundle {
    /// Takes everything that is sealed in it into the vault. Whoever calls holds the order of the vault until entries name it.
    ///
    /// # Errors
    /// A file is missing, is not what its entry says, or belongs to no entry.
    pub(super) async fn take_in(mut self, app: &App, sealed: Vec<SealedThere>) -> Result<(), ApiError> {
        let vault = Arc::clone(&app.vault);
        let taken = tokio::task::spawn_blocking(move || self.archive.take_in(&*vault, &sealed)).await;
        taken.map_err(|error| ApiError::Internal(error.to_string()))?.map_err(refused)
    }
}

fn refused(error: Wrong) -> ApiError {
    match error {
        Wrong::Bundle(reason) => ApiError::Unprocessable(format!("this bundle is not opened: {reason}")),
        Wrong::Disk(error) => ApiError::Unavailable(format!("the bundle could not be kept: {error}")),
    }
}

/// Why a bundle is not opened.
#[derive(Debug)]
enum Wrong {
    Bundle(String),
    Disk(io::Error),
}

impl From<io::Error> for Wrong {
    fn from(error: io::Error) -> Wrong {
        Wrong::Disk(error)
    }
}

fn wrong<T>(reason: impl Into<String>) -> Result<T, Wrong> {
    Err(Wrong::Bundle(reason.into()))
}

/// A bundle whose list of files is signed by the key that it should be.
struct Archive {
    zip: ZipArchive<Box<dyn Content>>,
    key_id: String,
    /// Hashes by name.
    sums: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct About {
    quell_bundle: u32,
    parts: Vec<String>,
    #[serde(default)]
    people: BTreeMap<String, String>,
}

impl Archive {
    fn open(content: Box<dyn Content>, key_id: &str) -> Result<Archive, Wrong> {
        let zip = ZipArchive::new(content).map_err(|_| Wrong::Bundle("it is no ZIP archive".to_owned()))?;
        if zip.len() > FILES_MAX {
            return wrong(format!("it has more than {FILES_MAX} files"));
        }
        let mut archive = Archive { zip, key_id: key_id.to_owned(), sums: BTreeMap::new() };
        let pem = String::from_utf8_lossy(&archive.bytes(KEY)?).into_owned();
        let Some(key) = ForeignKey::from_pem(&pem) else { return wrong(format!("{KEY} is no key of a Quell")) };
        if key.key_id() != key_id {
            return wrong(format!("the key {} signed it, not {key_id}", key.key_id()));
        }
        let (manifest, signature) = (archive.bytes(SUMS)?, archive.bytes(&format!("{SUMS}.sig"))?);
        if !key.signed_manifest(&manifest, &signature) {
            return wrong(format!("the signature of {SUMS} is not valid"));
        }
        for line in String::from_utf8_lossy(&manifest).lines() {
            let Some((hash, name)) = line.split_once("  ") else { return wrong(format!("a line of {SUMS} is odd")) };
            archive.sums.insert(name.to_owned(), hash.to_owned());
        }
        Ok(archive)
    }

    /// A file as it lies in the archive: what unfolds is not ours, and could unfold to anything.
    fn file(&mut self, name: &str) -> Result<ZipFile<'_, Box<dyn Content>>, Wrong> {
        let file = self.zip.by_name(name).map_err(|_| Wrong::Bundle(format!("{name} is missing")))?;
        if file.compression() == CompressionMethod::Stored { Ok(file) } else { wrong(format!("{name} is compressed")) }
    }

    /// A file as a whole; its hash is not compared.
    fn bytes(&mut self, name: &str) -> Result<Vec<u8>, Wrong> {
        let file = self.file(name)?;
        let mut bytes = Vec::new();
        file.take(TEXT_BYTES_MAX + 1)
            .read_to_end(&mut bytes)
            .map_err(|_| Wrong::Bundle(format!("{name} is broken")))?;
        if bytes.len() as u64 > TEXT_BYTES_MAX { wrong(format!("{name} is too large")) } else { Ok(bytes) }
    }

    /// A file that is listed, and is what the list says.
    fn checked(&mut self, name: &str) -> Result<Vec<u8>, Wrong> {
        let bytes = self.bytes(name)?;
        let found = hex::encode(&Sha256::digest(&bytes));
        match self.sums.get(name) {
            Some(sum) if *sum == found => Ok(bytes),
            Some(_) => wrong(format!("{name} was changed")),
            None => wrong(format!("{name} is not listed in {SUMS}")),
        }
    }

    fn read(mut self) -> Result<(Archive, Opened), Wrong> {
        let signature = format!("{SUMS}.sig");
        let listed: BTreeSet<&str> = self.sums.keys().map(String::as_str).chain([SUMS, &signature]).collect();
        for name in self.zip.file_names() {
            match name {
                Ok(name) if listed.contains(&*name) => {}
                Ok(name) => return wrong(format!("{name} is not listed in {SUMS}")),
                Err(_) => return wrong("the name of a file in it cannot be read"),
            }
        }
        let about: About = json(&self.checked("incident.json")?, "incident.json")?;
        if about.quell_bundle != FORM {
            return wrong(format!("it is of form {}, this Quell reads {FORM}", about.quell_bundle));
        }
        let ledger = self.checked("ledger.jsonl")?;
        let lines: Vec<&[u8]> = ledger.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
        if lines.len() > ENTRIES_MAX {
            return wrong(format!("it has more than {ENTRIES_MAX} entries"));
        }
        let entries = lines.iter().map(|line| json(line, "ledger.jsonl")).collect::<Result<Vec<LedgerEntry>, _>>()?;
        let story = self.checked("story.json")?;
        for name in ["README.txt", "work.json", KEY] {
            self.checked(name)?;
        }
        let mut there = There::read(&about, entries)?;
        let restricted = there.incident.members.is_some();
        let told = hex::encode(&Sha256::digest(&story)) == there.incident.told.story && !story.is_empty();
        let readable = serde_json::from_slice::<quell_model::Incident>(&story).is_ok();
        if !(told && readable) {
            there.left_out.insert("the story that Quell told there".to_owned(), 1);
        }
        let carried = there.carried(&self.key_id);
        Ok((self, Opened { carried, story: (told && readable).then_some(story), restricted }))
    }

    /// Everything that entries name, and nothing else, into the vault of here.
    fn take_in(&mut self, vault: &dyn Vault, sealed: &[SealedThere]) -> Result<(), Wrong> {
        let name =
            |one: &SealedThere| format!("{}/{}", if one.is_evidence { "evidence" } else { "reports" }, one.number);
        let mut expected: BTreeMap<String, &SealedThere> = sealed.iter().map(|one| (name(one), one)).collect();
        let names: Vec<String> = self.sums.keys().filter(|name| name.contains('/')).cloned().collect();
        for name in names {
            let Some(one) = expected.remove(&name) else { return wrong(format!("{name} belongs to no entry")) };
            if self.sums.get(&name) != Some(&one.sha256) {
                return wrong(format!("{name} is not what its entry says"));
            }
            self.take_one(vault, &name, one)?;
        }
        expected.keys().next().map_or(Ok(()), |name| wrong(format!("{name} is missing")))
    }

    /// What is not what its entry says never gets the name of what it is: that could be the name of something else here.
    fn take_one(&mut self, vault: &dyn Vault, name: &str, one: &SealedThere) -> Result<(), Wrong> {
        let mut file = self.file(name)?;
        let (mut sealing, mut hash, mut size) = (vault.begin()?, Sha256::new(), 0);
        let mut piece = vec![0; PIECE_BYTES];
        loop {
            let count = file.read(&mut piece).map_err(|_| Wrong::Bundle(format!("{name} is broken")))?;
            if count == 0 {
                break;
            }
            sealing.write(&piece[..count])?;
            hash.update(&piece[..count]);
            size += count as u64;
        }
        if hex::encode(&hash.finalize()) != one.sha256 || one.size_bytes.is_some_and(|said| said != size) {
            return wrong(format!("{name} was changed"));
        }
        sealing.finish()?;
        Ok(())
    }
}

fn json<T: serde::de::DeserializeOwned>(bytes: &[u8], name: &str) -> Result<T, Wrong> {
    serde_json::from_slice(bytes).map_err(|error| Wrong::Bundle(format!("{name} cannot be read: {error}")))
}

/// An incident as it was there.
struct There {
    id: String,
    opened_at: Timestamp,
    incident: Incident,
    people: BTreeMap<String, String>,
    pieces: Vec<CarriedPiece>,
    /// How often something of a kind is not carried over.
    left_out: BTreeMap<String, u64>,
}

impl There {
    fn read(about: &About, mut entries: Vec<LedgerEntry>) -> Result<There, Wrong> {
        let Some(id) = about.parts.first() else { return wrong("it names no incident") };
        let own = format!("incident/{id}");
        entries.sort_by_key(|entry| entry.seq);
        let Some(first) = entries.iter().find(|entry| entry.stream == own) else { return wrong("it has no incident") };
        let begun = IncidentFact::read(&first.kind, &first.body).ok().and_then(Incident::begin);
        let Some(incident) = begun else { return wrong("its incident does not begin") };
        let opened_at = match &incident.origin {
            Some(Origin::Elsewhere { opened_at, .. }) => *opened_at,
            _ => first.at,
        };
        let (people, first_seq) = (about.people.clone(), first.seq);
        let (pieces, left_out) = (Vec::new(), BTreeMap::new());
        let mut there = There { id: id.clone(), opened_at, incident, people, pieces, left_out };
        for entry in entries.iter().filter(|entry| entry.seq != first_seq) {
            there.take(&own, entry);
        }
        Ok(there)
    }

    fn take(&mut self, own: &str, entry: &LedgerEntry) {
        let entry = &*original(entry);
        let what = if entry.stream.starts_with("timeline/") {
            TimelineFact::read(&entry.kind, &entry.body).ok().map(CarriedFact::Timeline)
        } else if let Ok(fact) = IncidentFact::read(&entry.kind, &entry.body) {
            self.take_own(entry.stream == own, fact)
        } else {
            WorkFact::read(&entry.kind, &entry.body).ok().map(CarriedFact::Work)
        };
        match what {
            Some(what) => {
                let by = Line::shortened(self.name(&entry.actor));
                self.pieces.push(CarriedPiece { number: entry.seq, at: entry.at, by, what });
            }
            None => *self.left_out.entry(entry.kind.clone()).or_default() += 1,
        }
    }

    /// What Quell told there is told of the whole; who was responsible and who saw it is a matter of there.
    fn take_own(&mut self, own: bool, fact: IncidentFact) -> Option<CarriedFact> {
        let status = match &fact {
            IncidentFact::StatusChanged { status, reason } if own => Some((*status, reason.clone())),
            _ => None,
        };
        if own {
            self.incident.apply(fact);
        }
        status.map(|(status, reason)| CarriedFact::Status(status, reason))
    }

    fn name<'a>(&'a self, actor: &'a str) -> &'a str {
        let actor = actor.strip_prefix(ELSEWHERE).unwrap_or(actor);
        self.people.get(actor).map_or(actor, String::as_str)
    }

    fn carried(mut self, key_id: &str) -> CarriedIncident {
        let told = &mut self.incident.told;
        for (what, names) in
            [("techniques", &mut told.techniques), ("hosts", &mut told.hosts), ("accounts", &mut told.principals)]
        {
            if names.len() > NAMES_MAX {
                self.left_out
                    .insert(format!("names of {what} after the first {NAMES_MAX}"), (names.len() - NAMES_MAX) as u64);
                names.truncate(NAMES_MAX);
            }
        }
        let told = &self.incident.told;
        let left_out = self.left_out.iter().map(|(kind, count)| format!("{count} × {kind}")).collect();
        let people = self.people.iter().map(|(id, name)| (UserId::new(id.as_str()), Line::shortened(name))).collect();
        let severity: Level = told.severity;
        CarriedIncident {
            program: Line::shortened(&format!("Quell {key_id}")),
            id: Line::shortened(&self.id),
            title: Line::shortened(&told.title),
            severity,
            opened_at: self.opened_at,
            first_seen: told.first_seen,
            last_seen: told.last_seen,
            techniques: told.techniques.clone(),
            hosts: told.hosts.clone(),
            principals: told.principals.clone(),
            exercise: self.incident.exercise,
            people,
            pieces: self.pieces,
            left_out,
        }
    }
}
