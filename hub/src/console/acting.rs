//! Forms that act: who sends one, what it says, and what is told where it is refused.
//!
//! The way of each: a page makes its form with a [`Stamp`], so that however often it is sent it is one command. [`Acting`] takes
//! it in: from whoever is signed in, with the session's token, or not at all. The page reads the fields, builds the command
//! with [`Acting::officer`], lets the [`Pen`] sign it, and gives it to `flow`. Done, it goes on to a page that can be loaded again;
//! refused, it shows itself again, with what was typed, the same stamp, and a [`Wrong`] at the field.

use std::fmt;

use axum::{
    Form,
    extract::{FromRequest, FromRequestParts as _, Request},
    http::StatusCode,
    response::Response,
};
use meldeverbund_proto::{
    CommandId,
    leaf::Salt,
    v1::{Refusal, RefusalCode},
};
use meldeverbund_web::Texts;
use rand::RngExt as _;

use super::{Console, caller::Caller, target::word};
use crate::flow::{Failure, causes};

/// A form that somebody sent who is signed in, from a page of the same session.
pub(super) struct Acting {
    pub(super) caller: Caller,
    pub(super) sent: Sent,
}

/// The fields of a form, in their order.
#[derive(Default)]
pub(super) struct Sent(Vec<(String, String)>);

impl Sent {
    /// A field's text without blanks around it; empty where it was not sent.
    pub(super) fn text(&self, field: &str) -> &str {
        self.0.iter().find(|(name, _)| name == field).map(|(_, text)| text.trim()).unwrap_or_default()
    }

    /// All texts of a field: check boxes.
    pub(super) fn all<'s>(&'s self, field: &'s str) -> impl Iterator<Item = &'s str> {
        self.0.iter().filter(move |(name, _)| name == field).map(|(_, text)| text.trim())
    }

    /// A field read as what it must be.
    pub(super) fn read<T: std::str::FromStr>(&self, field: &str) -> Option<T> {
        self.text(field).parse().ok()
    }
}

impl FromRequest<Console> for Acting {
    type Rejection = Response;

    async fn from_request(request: Request, console: &Console) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let caller = Caller::from_request_parts(&mut parts, console).await?;
        let request = Request::from_parts(parts, body);
        let Ok(Form(fields)) = Form::<Vec<(String, String)>>::from_request(request, console).await else {
            return Err(console.problem_for(&caller, StatusCode::BAD_REQUEST, "form-unreadable"));
        };
        let sent = Sent(fields);
        if !caller.id.is_form_token(sent.text("form_token")) {
            return Err(console.problem_for(&caller, StatusCode::FORBIDDEN, "foreign-form"));
        }
        Ok(Self { caller, sent })
    }
}

impl Acting {
    /// The form's stamp; a form without one, which no page of ours sends, is another command each time.
    pub(super) fn stamp(&self, console: &Console) -> Stamp {
        self.sent.read("stamp").unwrap_or_else(|| Stamp::new(console))
    }

    /// The person as the ledger names it.
    pub(super) fn officer(&self) -> String {
        self.caller.officer()
    }
}

/// What makes a form one command: its id and its salt, made with the page. The salt is the leaf's, and goes with it when its
/// retention ends; it is nowhere else but in the page.
#[derive(Clone)]
pub(super) struct Stamp {
    pub(super) command: CommandId,
    pub(super) salt: Salt,
}

impl Stamp {
    /// A new one.
    pub(super) fn new(console: &Console) -> Self {
        let now_us = crate::clock::now_us(console.0.hub.clock());
        let millis = u64::try_from(now_us / 1_000).unwrap_or_default();
        let random: [u8; 10] = rand::rng().random();
        let id = uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid();
        let salt = Salt::from_random(rand::rng().random());
        Self { command: CommandId::from_bytes(*id.as_bytes()), salt }
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.command, hex::encode(self.salt.as_bytes()))
    }
}

/// A text that is no stamp.
#[derive(Debug, thiserror::Error)]
#[error("no stamp of a form")]
pub(super) struct StampError;

impl std::str::FromStr for Stamp {
    type Err = StampError;

    fn from_str(text: &str) -> Result<Self, StampError> {
        let (command, salt) = text.split_once('.').ok_or(StampError)?;
        let salt = hex::decode(salt).map_err(|_| StampError)?;
        let salt = Salt::from_slice(&salt).ok_or(StampError)?;
        Ok(Self { command: command.parse().map_err(|_| StampError)?, salt })
    }
}

/// What is hidden in every form that acts.
pub(super) struct Hidden {
    pub(super) form_token: String,
    pub(super) stamp: Stamp,
}

impl Hidden {
    /// Of a new form.
    pub(super) fn new(console: &Console, caller: &Caller) -> Self {
        Self { form_token: caller.id.form_token(), stamp: Stamp::new(console) }
    }

    /// Of a form that is shown again: what was sent is still one command.
    pub(super) fn again(console: &Console, acting: &Acting) -> Self {
        Self { form_token: acting.caller.id.form_token(), stamp: acting.stamp(console) }
    }
}

/// Why a form was not carried out.
pub(super) struct Wrong {
    /// The field; empty: none is to blame.
    pub(super) field: String,
    /// What it means.
    pub(super) what: String,
    /// The rules' own sentence, in English; may be empty.
    pub(super) detail: String,
    /// True: somebody else was quicker.
    pub(super) is_stale: bool,
    /// True: the form's stamp stands for another decision already.
    pub(super) is_used: bool,
}

impl Wrong {
    /// As people read it.
    pub(super) fn new(t: Texts<'_>, refusal: &Refusal) -> Self {
        let code = word(refusal.code().as_str_name(), "REFUSAL_CODE_");
        let (key, other) = (format!("refusal-{code}"), t.say("refusal-other"));
        let said = t.say(&key);
        let what = if said == key { other } else { said };
        let is_stale = refusal.code() == RefusalCode::ChangedSince;
        // `assign_owner.decider` is the form's field `decider`; what no person fills in is nowhere on the page.
        let field = match refusal.field.rsplit('.').next().unwrap_or_default() {
            _ if is_stale => "",
            "officer" | "signature" | "seen" | "target_ids" | "undone" | "decision" => "",
            "pairs" => "pair-1",
            field => field,
        };
        let field = field.to_owned();
        let is_used = refusal.code() == RefusalCode::IdConflict;
        Self { field, what, detail: refusal.reason.clone(), is_stale, is_used }
    }

    /// A field is empty that must not be.
    pub(super) fn missing(t: Texts<'_>, field: &str) -> Self {
        let what = t.say("refusal-field-missing");
        Self { field: field.to_owned(), what, detail: String::new(), is_stale: false, is_used: false }
    }
}

impl Console {
    /// Something failed that is not the person's fault: what it was goes into the log.
    pub(super) fn failed(&self, caller: &Caller, failure: &Failure) -> Response {
        tracing::warn!(cause = %causes(failure), "a page could not be made");
        self.problem_for(caller, StatusCode::SERVICE_UNAVAILABLE, "failed")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_comes_back_and_others_do_not() {
        let stamp = Stamp {
            command: CommandId::from_bytes(
                *uuid::Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001).as_bytes(),
            ),
            salt: Salt::from_slice(&[7; 32]).unwrap(),
        };
        let read: Stamp = stamp.to_string().parse().unwrap();
        assert!(read.command == stamp.command && read.salt.as_bytes() == stamp.salt.as_bytes());
        for text in ["", ".", "x.y", &format!("{}.00", stamp.command), &stamp.command.to_string()] {
            assert!(text.parse::<Stamp>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_form_says_what_it_says() {
        let sent = Sent(
            [("pair", "a"), ("reason", "  one file "), ("pair", "b")]
                .map(|(k, v)| (k.into(), v.into()))
                .into(),
        );
        assert_eq!(sent.text("reason"), "one file");
        assert_eq!(sent.all("pair").collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!((sent.text("other"), sent.read::<i64>("reason")), ("", None));
    }
}
