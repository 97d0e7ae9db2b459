//! Identity providers over SCIM 2.0 (RFC 7643, 7644): accounts that are no longer active.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use quell_model::action::{ActionError, ActionKind, ActionSpec, Actions, Blast, With, parameter};
use reqwest::Method;
use serde_json::{Value, json};

use super::http::bounded;
use super::setting::{Setting, hold};

/// An identity provider.
#[derive(Clone)]
pub struct IdentitySettings {
    /// Where its SCIM service begins: `https://idp.example/scim/v2`.
    pub url: String,
    /// A bearer token for it.
    pub token: Option<String>,
}

impl std::fmt::Debug for IdentitySettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IdentitySettings").field("url", &self.url).finish_non_exhaustive()
    }
}

/// The actions of an identity provider.
pub fn identity_actions(settings: IdentitySettings, http: reqwest::Client, actions: &mut Actions) {
    hold(DeactivateUser { settings, http }, actions);
}

const DEACTIVATE_USER: ActionSpec = ActionSpec {
    id: "idp.deactivate_user",
    title: "Make an account of the identity provider inactive",
    kind: ActionKind::Contain,
    needs: &["user"],
    d3fend: "D3-AL",
    react: &["RA3601"],
    blast: Blast::Account,
    rights: "reads and changes users by SCIM",
};

struct DeactivateUser {
    settings: IdentitySettings,
    http: reqwest::Client,
}

impl DeactivateUser {
    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value, ActionError> {
        let url = format!("{}/{path}", self.settings.url.trim_end_matches('/'));
        let mut request = self.http.request(method, url);
        request = request.header("accept", "application/scim+json");
        if let Some(token) = &self.settings.token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/scim+json").body(body.to_string());
        }
        let unavailable = |error: String| ActionError::Unavailable(format!("the identity provider: {error}"));
        let answer = request.send().await.map_err(|error| unavailable(error.to_string()))?;
        let status = answer.status();
        let text = bounded(answer).await.map_err(unavailable)?;
        if status.is_server_error() || status == 429 {
            return Err(unavailable(status.to_string()));
        }
        if !status.is_success() {
            let detail = serde_json::from_str::<Value>(&text).ok();
            let detail = detail.as_ref().and_then(|value| value["detail"].as_str()).unwrap_or_default();
            return Err(ActionError::Refused(format!("{status} {detail}")));
        }
        if text.trim().is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(&text).map_err(|error| unavailable(format!("the answer is not understood: {error}")))
    }

    /// The one user of a name. The name stands in a filter as a JSON text does (RFC 7644, 3.4.2.2).
    async fn user(&self, with: &With) -> Result<Value, ActionError> {
        let name = parameter(with, "user")?.trim();
        let filter = format!("userName eq {}", Value::from(name));
        let path = format!("Users?filter={}", utf8_percent_encode(&filter, NON_ALPHANUMERIC));
        let mut found = self.call(Method::GET, &path, None).await?;
        let users = found["Resources"].as_array_mut().map(std::mem::take).unwrap_or_default();
        // A service that does not know filters answers with everybody. Names are compared without regard to case (RFC 7643, 4.1.1).
        let is_it = |user: &Value| user["userName"].as_str().is_some_and(|its| its.eq_ignore_ascii_case(name));
        let mut users = users.into_iter().filter(is_it);
        match (users.next(), users.next()) {
            (Some(user), None) => Ok(user),
            (None, _) => Err(ActionError::ByHand(format!("the identity provider has no user {name:?}"))),
            _ => Err(ActionError::Unfit(format!("more than one user is called {name:?}"))),
        }
    }
}

impl Setting for DeactivateUser {
    fn spec(&self) -> &ActionSpec {
        &DEACTIVATE_USER
    }

    async fn read(&self, with: &With) -> Result<Value, ActionError> {
        Ok(json!({ "active": self.user(with).await?["active"] != false }))
    }

    fn wanted(&self, _: &With, _: &Value) -> Value {
        json!({ "active": false })
    }

    async fn put(&self, with: &With, to: &Value) -> Result<(), ActionError> {
        let user = self.user(with).await?;
        let id = user["id"].as_str().ok_or_else(|| ActionError::Refused("the user has no id".to_owned()))?;
        let change = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{ "op": "replace", "path": "active", "value": to["active"] }],
        });
        let path = format!("Users/{}", utf8_percent_encode(id, NON_ALPHANUMERIC));
        self.call(Method::PATCH, &path, Some(change)).await.map(drop)
    }
}
