//! With tonic on both ends, as hub and node use it.

use std::sync::Arc;

use meldeverbund_certs::{
    AcceptLimits, ConnectFailure, Peer, ServerTls, authority::RevocationReason, explain, incoming,
};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tokio_util::sync::{CancellationToken, DropGuard};
use tonic::{
    Request, Status,
    transport::{Channel, Endpoint, Server},
};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

use crate::{
    harness::{Federation, domain, start},
    stranger::Credentials,
};

struct Grpc {
    tls: ServerTls,
    endpoint: Endpoint,
    _stop: DropGuard,
}

/// A gRPC server whose handlers know their peer and lets `de-nw-lka` in.
async fn serve(federation: &Federation, limits: AcceptLimits) -> Grpc {
    let tls =
        ServerTls::load(&federation.hub_files, domain(), federation.registered.clone(), federation.clock());
    let tls = tls.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = Endpoint::from_shared(format!("https://{}", listener.local_addr().unwrap())).unwrap();
    let stop = CancellationToken::new();
    let connections = incoming(TcpListenerStream::new(listener), tls.clone(), limits, &stop);
    let (_, health) = tonic_health::server::health_reporter();
    let service = tonic::service::interceptor::InterceptedService::new(health, |request: Request<()>| {
        let peer = request.extensions().get::<Arc<Peer>>().expect("every connection has a peer");
        match peer.identity().to_string().as_str() {
            "de-nw-lka/main" => Ok(request),
            _ => Err(Status::permission_denied("not you")),
        }
    });
    tokio::spawn(Server::builder().add_service(service).serve_with_incoming(connections));
    Grpc { tls, endpoint, _stop: stop.drop_guard() }
}

async fn check(channel: Channel) -> Result<(), Status> {
    HealthClient::new(channel).check(HealthCheckRequest::default()).await.map(|_| ())
}

#[tokio::test]
async fn handlers_know_their_peer() {
    let federation = Federation::new();
    let grpc = serve(&federation, AcceptLimits::default()).await;
    for (agency, code) in [("de-nw-lka", None), ("de-by-lka", Some(tonic::Code::PermissionDenied))] {
        let client = federation.client(&federation.node_files(agency));
        let channel = grpc.endpoint.connect_with_connector(client.connector()).await.unwrap();
        assert_eq!(check(channel).await.err().map(|status| status.code()), code, "{agency}");
    }
}

#[tokio::test]
async fn a_refusal_is_explained_at_the_connect() {
    let federation = Federation::new();
    let grpc = serve(&federation, AcceptLimits::default()).await;
    let client = federation.client(&federation.node_files("de-nw-lka"));
    let channel = grpc.endpoint.connect_with_connector(client.connector()).await.unwrap();
    check(channel.clone()).await.unwrap();

    let serial = client.state().certificate.serial;
    federation.authority.revoke(&serial, RevocationReason::KeyCompromise, start()).unwrap();
    grpc.tls.reload().unwrap();
    let error = grpc.endpoint.connect_with_connector(client.connector()).await.unwrap_err();
    assert_eq!(explain(&error), ConnectFailure::Revoked, "{error:?}");
    // The open channel was cut; its reconnect says why.
    let failure = loop {
        let status = check(channel.clone()).await.unwrap_err();
        match explain(&status) {
            // The call that was under way when the line was cut.
            ConnectFailure::Broken | ConnectFailure::Other => {}
            failure => break failure,
        }
    };
    assert_eq!(failure, ConnectFailure::Revoked);
}

/// A client that does not wait for the hub's verdict, as any other gRPC library: the alert still gets through.
#[tokio::test]
async fn a_stranger_reads_the_alert_too() {
    let federation = Federation::new();
    let grpc = serve(&federation, AcceptLimits::default()).await;
    let files = federation.node_files("de-nw-lka");
    let serial = federation.client(&files).state().certificate.serial;
    federation.authority.revoke(&serial, RevocationReason::KeyCompromise, start()).unwrap();
    grpc.tls.reload().unwrap();
    let own = Some(Credentials::read(&files));
    let config = Arc::new(crate::stranger::config(&federation, crate::stranger::usual_provider(), own));
    let address = grpc.endpoint.uri().authority().unwrap().to_string();
    let connector = tower::service_fn(move |_| {
        let (config, address) = (Arc::clone(&config), address.clone());
        async move {
            let tcp = tokio::net::TcpStream::connect(address).await?;
            let name = rustls::pki_types::ServerName::try_from("127.0.0.1").unwrap();
            let stream = tokio_rustls::TlsConnector::from(config).connect(name, tcp).await?;
            Ok::<_, std::io::Error>(hyper_util::rt::TokioIo::new(stream))
        }
    });
    let failure = match grpc.endpoint.connect_with_connector(connector).await {
        Ok(channel) => explain(&check(channel).await.unwrap_err()),
        Err(error) => explain(&error),
    };
    assert_eq!(failure, ConnectFailure::Revoked);
}

#[tokio::test]
async fn too_many_connections_are_explained() {
    let federation = Federation::new();
    let grpc = serve(&federation, AcceptLimits { connections_per_agency: 1, ..Default::default() }).await;
    let client = federation.client(&federation.node_files("de-nw-lka"));
    let first = grpc.endpoint.connect_with_connector(client.connector()).await.unwrap();
    check(first.clone()).await.unwrap();
    let failure = match grpc.endpoint.connect_with_connector(client.connector()).await {
        Ok(second) => explain(&check(second).await.unwrap_err()),
        Err(error) => explain(&error),
    };
    assert_eq!(failure, ConnectFailure::TooManyConnections);
    check(first).await.unwrap();
}
