//! The hub's ledger service, and its files over HTTP.

use std::{
    path::Path,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use http::{Request as HttpRequest, Response as HttpResponse};
use meldeverbund_proto::v1::{
    ConsistencyProof, ProveConsistencyRequest, ProveConsistencyResponse, WitnessCosignature, WitnessRequest,
    WitnessResponse, ledger_service_server::LedgerService, witness_request,
};
use sqlx::{ConnectOptions as _, sqlite::SqliteConnectOptions};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming, async_trait, body::Body};
use tower::{Layer, Service};

use super::{FakeHub, State, services::Answers};

#[async_trait]
impl LedgerService for FakeHub {
    type WitnessStream = Answers<WitnessResponse>;

    async fn witness(
        &self,
        request: Request<Streaming<WitnessRequest>>,
    ) -> Result<Response<Self::WitnessStream>, Status> {
        if self.state.lock().unwrap().ledger.is_none() {
            return Err(Status::unimplemented("no ledger"));
        }
        let mut requests = request.into_inner();
        let first = requests.message().await?.and_then(|request| request.step);
        let Some(witness_request::Step::Begin(begin)) = first else {
            return Err(Status::invalid_argument("no beginning"));
        };
        let (answers, stream) = mpsc::channel(4);
        let hub = self.clone();
        let epoch = {
            let mut state = hub.state.lock().unwrap();
            let ledger = state.ledger.as_mut().unwrap();
            ledger.begun.push((begin.epoch, begin.size));
            self.life()
        };
        self.ring();
        tokio::spawn(async move {
            let mut bell = hub.bell.subscribe();
            let mut proven = (begin.epoch, begin.size);
            let mut sent = None;
            loop {
                bell.mark_unchanged();
                let next = hub.next_shown(epoch, &mut proven, &mut sent);
                let whole = match next {
                    Err(status) => {
                        let _ = answers.send(Err(status)).await;
                        return;
                    }
                    Ok(Some(message)) => answers.send(Ok(message)).await.is_ok(),
                    Ok(None) => tokio::select! {
                        message = requests.message() => match message {
                            Ok(Some(WitnessRequest { step: Some(witness_request::Step::Cosignature(line)) })) => {
                                hub.vouched(line).await;
                                true
                            }
                            _ => false,
                        },
                        changed = bell.changed() => changed.is_ok(),
                    },
                };
                if !whole {
                    return;
                }
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(stream))))
    }

    async fn prove_consistency(
        &self,
        request: Request<ProveConsistencyRequest>,
    ) -> Result<Response<ProveConsistencyResponse>, Status> {
        let ProveConsistencyRequest { epoch, from, to } = request.into_inner();
        let mut state = self.state.lock().unwrap();
        let ledger = state.ledger.as_ref().ok_or_else(|| Status::unimplemented("no ledger"))?;
        let sound = !from.is_empty() && from.len() <= 100 && from.is_sorted_by(|a, b| a < b);
        if !sound || to > ledger.size() || epoch != u64::from(ledger.epoch) {
            state.broken.push(format!("asked for proofs of {from:?} in {to}, epoch {epoch}"));
            return Err(Status::invalid_argument("no such proof"));
        }
        let proofs = from.iter().map(|from| ConsistencyProof { hashes: ledger.proof(*from, to) }).collect();
        Ok(Response::new(ProveConsistencyResponse { proofs }))
    }
}

impl FakeHub {
    /// What this stream is shown next: a scripted message, or the published checkpoint if it has not seen it so.
    fn next_shown(
        &self,
        epoch: u64,
        proven: &mut (u64, u64),
        sent: &mut Option<String>,
    ) -> Result<Option<WitnessResponse>, Status> {
        let mut state = self.state.lock().unwrap();
        if self.life() != epoch {
            return Err(Status::unavailable("the hub is gone"));
        }
        let ledger = state.ledger.as_mut().unwrap();
        if ledger.veiled {
            return Ok(None);
        }
        if !ledger.instead.is_empty() {
            let message = ledger.instead.remove(0);
            return Ok(Some(message));
        }
        let from = if proven.0 == u64::from(ledger.epoch) { proven.1 } else { 0 };
        if let Some(size) = *self.late_at.lock().unwrap() {
            let checkpoint = ledger.note(size).to_string();
            let is_news = sent.as_ref() != Some(&checkpoint);
            *sent = Some(checkpoint.clone());
            return Ok(is_news.then(|| WitnessResponse { checkpoint, consistency: Vec::new() }));
        }
        let message = ledger.shown(from);
        if sent.as_ref() == Some(&message.checkpoint) {
            return Ok(None);
        }
        *sent = Some(message.checkpoint.clone());
        *proven = (ledger.epoch.into(), ledger.published);
        Ok(Some(message))
    }

    async fn vouched(&self, cosignature: WitnessCosignature) {
        let WitnessCosignature { epoch, size, line } = cosignature;
        let store = self.state.lock().unwrap().ledger.as_ref().unwrap().store.clone();
        let kept = match store {
            Some(store) => is_kept(&store, epoch, size).await,
            None => true,
        };
        {
            let mut state = self.state.lock().unwrap();
            if !kept {
                state
                    .broken
                    .push(format!("vouched for {size} leaves of epoch {epoch} before it was durable"));
            }
            let ledger = state.ledger.as_mut().unwrap();
            let parsed = line.parse().expect("a signature line");
            ledger.vouched.push((epoch, size, line));
            if !ledger.deaf {
                ledger.cosignatures.entry((epoch, size)).or_default().push(parsed);
            }
        }
        self.ring();
    }
}

/// Whether the node's disk says that it vouches for this checkpoint.
async fn is_kept(store: &Path, epoch: u64, size: u64) -> bool {
    let options = SqliteConnectOptions::new().filename(store).read_only(true);
    let mut connection = options.connect().await.unwrap();
    sqlx::query_scalar(
        // A larger one that was kept meanwhile takes the place of this one, vouched for or not yet.
        "SELECT count(*) > 0 FROM checkpoint WHERE epoch = $1 AND (size > $2 OR size = $2 AND cosigned_us IS NOT NULL)",
    )
    .bind(epoch.cast_signed())
    .bind(size.cast_signed())
    .fetch_one(&mut connection)
    .await
    .unwrap()
}

/// Answers GET requests under `/ledger/`.
#[derive(Debug, Clone)]
pub(super) struct Files(pub(super) Arc<Mutex<State>>);

#[derive(Debug, Clone)]
pub(super) struct WithFiles<S> {
    inner: S,
    state: Arc<Mutex<State>>,
}

impl<S> Layer<S> for Files {
    type Service = WithFiles<S>;

    fn layer(&self, inner: S) -> WithFiles<S> {
        WithFiles { inner, state: Arc::clone(&self.0) }
    }
}

impl<S> Service<HttpRequest<Body>> for WithFiles<S>
where
    S: Service<HttpRequest<Body>, Response = HttpResponse<Body>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = HttpResponse<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse<Body>, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: HttpRequest<Body>) -> Self::Future {
        let path = request.uri().path().strip_prefix("/ledger/").map(str::to_owned);
        let state = self.state.lock().unwrap();
        if let (Some(path), Some(ledger)) = (path, &state.ledger) {
            let answer = match ledger.file(&path) {
                Some(bytes) => HttpResponse::new(Body::new(http_body_util::Full::from(bytes))),
                None => HttpResponse::builder().status(404).body(Body::empty()).unwrap(),
            };
            return Box::pin(async { Ok(answer) });
        }
        drop(state);
        Box::pin(self.inner.call(request))
    }
}
