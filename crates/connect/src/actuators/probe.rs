//! Whether a service answers: a look that changes nothing, for the time after a recovery.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use quell_model::action::{Acted, ActionError, ActionKind, ActionSpec, Actions, Blast, Plain, With, parameter};
use serde_json::{Value, json};
use tokio::net::TcpStream;

/// How long a service has to answer.
const WITHIN: Duration = Duration::from_secs(5);

/// Looks that need no settings.
pub fn probe_actions(actions: &mut Actions) {
    actions.plain(Arc::new(Reach));
}

const REACH: ActionSpec = ActionSpec {
    id: "net.reach",
    title: "See whether a service accepts connections",
    kind: ActionKind::Read,
    needs: &["address", "port"],
    d3fend: "",
    react: &[],
    blast: Blast::Nothing,
    rights: "a way from Quell to the service",
};

struct Reach;

fn place(with: &With) -> Result<(IpAddr, u16), ActionError> {
    let (address, port) = (parameter(with, "address")?.trim(), parameter(with, "port")?.trim());
    let unfit = |text: &str, what: &str| ActionError::Unfit(format!("{text:?} is no {what}"));
    Ok((address.parse().map_err(|_| unfit(address, "address"))?, port.parse().map_err(|_| unfit(port, "port"))?))
}

impl Plain for Reach {
    fn spec(&self) -> &ActionSpec {
        &REACH
    }

    fn check(&self, with: &With) -> Acted<'_, String> {
        let place = place(with);
        Box::pin(async move { place.map(|(address, port)| format!("Quell would connect to {address} port {port}")) })
    }

    fn capture(&self, _: &With) -> Acted<'_, Value> {
        Box::pin(async { Ok(Value::Null) })
    }

    /// What answered before a crash may not answer any more.
    fn is_done(&self, _: &With, _: &Value) -> Acted<'_, Option<Value>> {
        Box::pin(async { Ok(None) })
    }

    fn act(&self, with: &With, _: &Value) -> Acted<'_, Value> {
        let place = place(with);
        Box::pin(async move {
            let (address, port) = place?;
            let silent = |why: String| ActionError::Refused(format!("{address} port {port} does not answer: {why}"));
            match tokio::time::timeout(WITHIN, TcpStream::connect((address, port))).await {
                Ok(Ok(_)) => Ok(json!({ "answers": true })),
                Ok(Err(error)) => Err(silent(error.to_string())),
                Err(_) => Err(silent(format!("nothing within {} s", WITHIN.as_secs()))),
            }
        })
    }
}
