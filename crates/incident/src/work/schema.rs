//! Schemas of texts and ids for the description of the API: what their types allow.

use std::borrow::Cow;

use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::{ItemId, Line, Sha256Hex, Text};

/// The largest whole number that JSON holds exactly everywhere.
const NUMBER_MAX: f64 = 9_007_199_254_740_991.0;

impl PartialSchema for Text {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1));
        text.max_length(Some(Text::CHARS_MAX)).pattern(Some("\\S")).into()
    }
}

impl ToSchema for Text {
    fn name() -> Cow<'static, str> {
        "Text".into()
    }
}

impl PartialSchema for Line {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1));
        text.max_length(Some(Line::CHARS_MAX))
            .pattern(Some("^[^\\x00-\\x1f\\x7f-\\x9f]*[^\\s\\x00-\\x1f\\x7f-\\x9f][^\\x00-\\x1f\\x7f-\\x9f]*$"))
            .into()
    }
}

impl ToSchema for Line {
    fn name() -> Cow<'static, str> {
        "Line".into()
    }
}

impl PartialSchema for Sha256Hex {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::String).pattern(Some("^[0-9a-f]{64}$")).into()
    }
}

impl ToSchema for Sha256Hex {
    fn name() -> Cow<'static, str> {
        "Sha256Hex".into()
    }
}

impl PartialSchema for ItemId {
    fn schema() -> RefOr<Schema> {
        let number = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0.0));
        number.maximum(Some(NUMBER_MAX)).into()
    }
}

impl ToSchema for ItemId {
    fn name() -> Cow<'static, str> {
        "ItemId".into()
    }
}
