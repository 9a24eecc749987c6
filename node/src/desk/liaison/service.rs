//! The calls of the liaison desk: who calls and under which token, then the call's own file.

use std::sync::Arc;

use meldeverbund_proto::node::v1::{self as m, liaison_desk_service_server::LiaisonDeskService};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming, async_trait};

use super::{
    announce, answer_disclosure, ask, list_announcements, list_disclosures, list_liaison_asked,
    list_questions, report_question, request_disclosure, restrict_disclosure, role, show_blind,
};
use crate::{
    desk::{
        Caller, Desk, DeskError,
        service::{ANSWERS_AHEAD, Answers, answer},
    },
    liaison::{Token, TokenError},
};

/// The liaison part of the desk.
#[derive(Debug, Clone)]
pub struct LiaisonDesk(Desk);

impl LiaisonDesk {
    /// The liaison part of a desk.
    pub fn new(desk: Desk) -> Self {
        Self(desk)
    }

    /// Who calls at a liaison body's node.
    fn liaison<T>(&self, request: &Request<T>) -> Result<Caller, Status> {
        let caller = self.0.caller(request)?;
        role::liaison(&self.0.node).map_err(|error| error.into_status(caller.lang))?;
        Ok(caller)
    }

    /// Who calls at an office's node.
    fn office<T>(&self, request: &Request<T>) -> Result<Caller, Status> {
        let caller = self.0.caller(request)?;
        role::office(&self.0.node).map_err(|error| error.into_status(caller.lang))?;
        Ok(caller)
    }
}

fn token<T>(caller: &Caller, request: &Request<T>) -> Result<Token, Status> {
    Token::of(request).map_err(|error| DeskError::Token(error).into_status(caller.lang))
}

/// The token of an officer who may be signed in, where a machine may do it as well.
fn token_if_any<T>(caller: &Caller, request: &Request<T>) -> Result<Option<Token>, Status> {
    match Token::of(request) {
        Ok(token) => Ok(Some(token)),
        Err(TokenError::Missing) => Ok(None),
        Err(error) => Err(DeskError::Token(error).into_status(caller.lang)),
    }
}

#[async_trait]
impl LiaisonDeskService for LiaisonDesk {
    type AskStream = Answers<m::AskResponse>;
    type ReportQuestionStream = Answers<m::ReportQuestionResponse>;

    async fn ask(
        &self,
        request: Request<Streaming<m::AskRequest>>,
    ) -> Result<Response<Self::AskStream>, Status> {
        let caller = self.liaison(&request)?;
        let token = token(&caller, &request)?;
        let (responses, answers) = mpsc::channel(ANSWERS_AHEAD);
        tokio::spawn(ask::ask(Arc::clone(&self.0.node), caller, token, request.into_inner(), responses));
        Ok(self.0.until_stop(ReceiverStream::new(answers)))
    }

    async fn list_questions(
        &self,
        request: Request<m::ListQuestionsRequest>,
    ) -> Result<Response<m::ListQuestionsResponse>, Status> {
        let caller = self.liaison(&request)?;
        answer(&caller, list_questions::list_questions(&self.0.node, request.into_inner()).await)
    }

    async fn report_question(
        &self,
        request: Request<m::ReportQuestionRequest>,
    ) -> Result<Response<Self::ReportQuestionStream>, Status> {
        let caller = self.liaison(&request)?;
        let (responses, answers) = mpsc::channel(ANSWERS_AHEAD);
        let (node, request) = (Arc::clone(&self.0.node), request.into_inner());
        tokio::spawn(report_question::report_question(node, caller, request, responses));
        Ok(self.0.until_stop(ReceiverStream::new(answers)))
    }

    async fn show_blind(
        &self,
        request: Request<m::ShowBlindRequest>,
    ) -> Result<Response<m::ShowBlindResponse>, Status> {
        let caller = self.liaison(&request)?;
        let token = token(&caller, &request)?;
        answer(&caller, show_blind::show_blind(&self.0.node, &token, request.into_inner()).await)
    }

    async fn announce(
        &self,
        request: Request<m::AnnounceRequest>,
    ) -> Result<Response<m::AnnounceResponse>, Status> {
        let caller = self.liaison(&request)?;
        let token = token(&caller, &request)?;
        answer(&caller, announce::announce(&self.0.node, &caller, &token, request.into_inner()).await)
    }

    async fn list_announcements(
        &self,
        request: Request<m::ListAnnouncementsRequest>,
    ) -> Result<Response<m::ListAnnouncementsResponse>, Status> {
        let caller = self.0.caller(&request)?;
        answer(&caller, list_announcements::list_announcements(&self.0.node, request.into_inner()).await)
    }

    async fn request_disclosure(
        &self,
        request: Request<m::RequestDisclosureRequest>,
    ) -> Result<Response<m::RequestDisclosureResponse>, Status> {
        let caller = self.liaison(&request)?;
        let token = token(&caller, &request)?;
        let done =
            request_disclosure::request_disclosure(&self.0.node, &caller, &token, request.into_inner());
        answer(&caller, done.await)
    }

    async fn list_disclosures(
        &self,
        request: Request<m::ListDisclosuresRequest>,
    ) -> Result<Response<m::ListDisclosuresResponse>, Status> {
        let caller = self.0.caller(&request)?;
        // A liaison officer without a token sees what was last told; an office needs none.
        let token = Token::of(&request).ok();
        let done = list_disclosures::list_disclosures(&self.0.node, token.as_ref(), request.into_inner());
        answer(&caller, done.await)
    }

    async fn answer_disclosure(
        &self,
        request: Request<m::AnswerDisclosureRequest>,
    ) -> Result<Response<m::AnswerDisclosureResponse>, Status> {
        let caller = self.office(&request)?;
        let token = token_if_any(&caller, &request)?;
        let (node, request) = (&self.0.node, request.into_inner());
        let done = answer_disclosure::answer_disclosure(node, &caller, token.as_ref(), request);
        answer(&caller, done.await)
    }

    async fn restrict_disclosure(
        &self,
        request: Request<m::RestrictDisclosureRequest>,
    ) -> Result<Response<m::RestrictDisclosureResponse>, Status> {
        let caller = self.office(&request)?;
        let token = token_if_any(&caller, &request)?;
        let (node, request) = (&self.0.node, request.into_inner());
        let done = restrict_disclosure::restrict_disclosure(node, &caller, token.as_ref(), request);
        answer(&caller, done.await)
    }

    async fn list_liaison_asked(
        &self,
        request: Request<m::ListLiaisonAskedRequest>,
    ) -> Result<Response<m::ListLiaisonAskedResponse>, Status> {
        let caller = self.office(&request)?;
        answer(&caller, list_liaison_asked::list_liaison_asked(&self.0.node, request.into_inner()).await)
    }
}
