//! Our profile of XARF v4: which members of a report say what about a link, and what is not taken at all.
//!
//! A report of category `content`, type `csam` or `csem`. `url` is the link (or `source_identifier`, where that is a
//! URL), `timestamp` when it was found, `hash_values` its hashes, `description` the note. Everything that XARF has no
//! member for stands in an object `meldeverbund`, under the names of our fields. Members that say nothing about the link
//! are not read. Content is refused wherever it stands: `payload`, `screenshot_url`, base64, `data:` URLs.

use meldeverbund_proto::text::{TextError, carries_content};
use serde_json::{Map, Value as Json};

use super::member;
use crate::import::{
    draft::{Draft, Filling},
    field::Field,
    reason::{Reason, RowError, shown},
    value::Value,
};

type Report = Map<String, Json>;

/// The draft that a report makes.
pub(super) fn draft(report: &Report) -> Result<Draft, RowError> {
    let input = link_of(report).map(|(_, link)| shown(link)).unwrap_or_default();
    read(report).map_err(|error| RowError { input, ..error })
}

fn read(report: &Report) -> Result<Draft, RowError> {
    refuse_content(report)?;
    let version = report.get("xarf_version").and_then(Json::as_str).unwrap_or_default();
    if !version.starts_with("4.") {
        return Err(blame("xarf_version", None, Reason::XarfVersion));
    }
    let text = |name| report.get(name).and_then(Json::as_str).unwrap_or_default();
    if text("category") != "content" || !matches!(text("type"), "csam" | "csem") {
        return Err(blame("type", None, Reason::XarfKind));
    }
    let mut filling = Filling::default();
    let (name, link) = link_of(report).ok_or_else(|| blame("url", Some(Field::Link), Reason::Missing))?;
    fill(&mut filling, name, Field::Link, &Json::from(link))?;
    for (name, field) in [("timestamp", Field::FoundAt), ("description", Field::Note)] {
        if let Some(json) = report.get(name) {
            fill(&mut filling, name, field, json)?;
        }
    }
    for (name, field) in [("sha256", Field::Sha256), ("sha1", Field::Sha1), ("md5", Field::Md5)] {
        if let Some(json) = report.get("hash_values").and_then(|hashes| hashes.get(name)) {
            fill(&mut filling, &format!("hash_values.{name}"), field, json)?;
        }
    }
    read_own(&mut filling, report)?;
    filling.finish().map_err(|(field, reason)| blame(&format!("meldeverbund.{field}"), Some(field), reason))
}

/// The members of our own object: every field but the link.
fn read_own(filling: &mut Filling, report: &Report) -> Result<(), RowError> {
    let own = match report.get("meldeverbund") {
        None | Some(Json::Null) => return Ok(()),
        Some(Json::Object(own)) => own,
        Some(_) => return Err(blame("meldeverbund", None, Reason::JsonType)),
    };
    for (name, json) in own {
        let path = format!("meldeverbund.{name}");
        let field = name.parse().ok().filter(|field| !matches!(field, Field::Link | Field::Ignore));
        let field = field.ok_or_else(|| blame(&path, None, Reason::UnknownMember))?;
        fill(filling, &path, field, json)?;
    }
    Ok(())
}

/// `url`, or `source_identifier` where a report names the link there.
fn link_of(report: &Report) -> Option<(&'static str, &str)> {
    let text = |name| report.get(name).and_then(Json::as_str);
    let url = text("url").map(|url| ("url", url));
    url.or_else(|| {
        text("source_identifier").filter(|text| text.contains("://")).map(|text| ("source_identifier", text))
    })
}

fn fill(filling: &mut Filling, path: &str, field: Field, json: &Json) -> Result<(), RowError> {
    let value = match json {
        Json::Null => return Ok(()),
        Json::String(text) => Value::Text(text),
        Json::Bool(yes) => Value::Bool(*yes),
        _ => return Err(blame(path, Some(field), Reason::JsonType)),
    };
    if value.is_blank() {
        return Ok(());
    }
    filling.set(field, value).map_err(|reason| blame(path, Some(field), reason))
}

fn blame(path: &str, field: Option<Field>, reason: Reason) -> RowError {
    RowError { column: member(path), field, ..RowError::from(reason) }
}

/// Refuses a report that carries content, in whatever member.
fn refuse_content(report: &Report) -> Result<(), RowError> {
    for (name, json) in report {
        // The link has its own check, which knows that long paths look like base64.
        let reason = match name.as_str() {
            "url" | "source_identifier" if json.is_string() => None,
            _ => content_in(name, json),
        };
        if let Some(reason) = reason {
            return Err(blame(name, None, reason));
        }
    }
    Ok(())
}

fn content_in(name: &str, json: &Json) -> Option<Reason> {
    match (name, json) {
        (_, Json::Null) => None,
        ("payload", _) => Some(Reason::XarfPayload),
        ("screenshot_url", _) => Some(Reason::XarfScreenshot),
        (_, Json::String(text)) if carries_content(text) => Some(Reason::Text(TextError::Content)),
        (_, Json::Array(items)) => items.iter().find_map(|item| content_in("", item)),
        (_, Json::Object(members)) => members.iter().find_map(|(name, json)| content_in(name, json)),
        _ => None,
    }
}
