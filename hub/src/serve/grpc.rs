//! The gRPC side: services, limits of messages and streams, reflection, health.

use std::time::Duration;

use futures::Stream;
use meldeverbund_certs::{PeerIo, Transport};
use meldeverbund_proto::{
    DESCRIPTORS,
    limits::{FEED_MESSAGE_BYTES, MESSAGE_BYTES},
    v1::{
        agency_service_server::AgencyServiceServer, blind_service_server::BlindServiceServer,
        case_service_server::CaseServiceServer, decision_service_server::DecisionServiceServer,
        disclosure_service_server::DisclosureServiceServer, feed_service_server::FeedServiceServer,
        ledger_service_server::LedgerServiceServer, liaison_service_server::LiaisonServiceServer,
        referral_service_server::ReferralServiceServer, target_service_server::TargetServiceServer,
    },
};
use tokio_util::sync::CancellationToken;
use tonic::{codec::CompressionEncoding::Gzip, service::Routes, transport::server::Router};
use tonic_health::pb::health_server::{Health, HealthServer};

use super::Config;
use crate::{
    flow::{Blind, Hub},
    rpc::{
        Agencies, Blinds, Cases, Decisions, Disclosures, Feeds, Files, Ledgers, Liaison, Officers, Persons,
        Rates, Referrals, Targets,
    },
};

/// Pings on a quiet connection find a dead peer in about half a minute.
const KEEPALIVE_EVERY: Duration = Duration::from_secs(20);

/// How long a ping may take.
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(10);

/// Bytes of a request's headers.
const HEADER_BYTES: u32 = 16 * 1024;

/// HTTP/2 windows: a few full submissions may be under way without an acknowledgement in between.
const WINDOW_BYTES: u32 = 4 * 1024 * 1024;

/// After the age of a connection is reached, calls in progress get this long; the accept loop's cut is the backstop.
const AGE_GRACE: Duration = Duration::from_secs(30);

/// Everything that is served on a connection.
pub(super) fn services(
    hub: &Hub,
    config: &Config,
    officers: Officers,
    blind: Option<Blind>,
    health: HealthServer<impl Health>,
    stop: &CancellationToken,
) -> Router {
    let rates = Rates::new(config.limits.rates());
    let in_flight = config.limits.submissions_in_flight;
    let referrals = Referrals {
        hub: hub.clone(),
        rates: rates.clone(),
        in_flight: in_flight.max(1) as usize,
        stop: stop.clone(),
    };
    let persons = Persons::new(&config.persons);
    let decisions = Decisions {
        hub: hub.clone(),
        rates: rates.clone(),
        officers: officers.clone(),
        persons: persons.clone(),
        in_flight: in_flight.max(1) as usize,
        stop: stop.clone(),
    };
    let targets = Targets { hub: hub.clone(), rates: rates.clone() };
    let feeds = Feeds { hub: hub.clone(), rates: rates.clone(), stop: stop.clone() };
    let ledgers = Ledgers { hub: hub.clone(), rates: rates.clone(), stop: stop.clone() };
    let files = Files { hub: hub.clone(), rates: rates.clone() };
    let disclosures =
        Disclosures { hub: hub.clone(), rates: rates.clone(), officers: officers.clone(), persons };
    let cases = Cases { hub: hub.clone(), rates: rates.clone() };
    let blinds = Blinds {
        hub: hub.clone(),
        rates: rates.clone(),
        officers: officers.clone(),
        blind,
        stop: stop.clone(),
    };
    let liaison = Liaison::new(
        hub.clone(),
        rates.clone(),
        officers,
        config.liaison.clone(),
        in_flight.max(1) as usize,
        stop.clone(),
    );
    let agencies = Agencies { hub: hub.clone(), rates, in_flight };
    let reflection = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    // Both generations: the stock Python tools speak the older one alone.
    let reflection_v1 = reflection().build_v1().expect("the descriptors are compiled in");
    let reflection_v1alpha = reflection().build_v1alpha().expect("the descriptors are compiled in");
    let age = config.connections.max_connection_age.get();
    let grace = AGE_GRACE.min(age / 2);
    tonic::transport::Server::builder()
        .http2_keepalive_interval(Some(KEEPALIVE_EVERY))
        .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
        .http2_max_header_list_size(HEADER_BYTES)
        .initial_stream_window_size(WINDOW_BYTES)
        .initial_connection_window_size(2 * WINDOW_BYTES)
        .max_concurrent_streams(config.limits.streams_per_connection)
        .max_connection_age(age.saturating_sub(grace))
        .max_connection_age_grace(grace)
        .add_routes(Routes::from(files.routes()))
        .add_service(health)
        .add_service(reflection_v1)
        .add_service(reflection_v1alpha)
        .add_service(
            ReferralServiceServer::new(referrals)
                .max_decoding_message_size(MESSAGE_BYTES)
                .max_encoding_message_size(FEED_MESSAGE_BYTES)
                .accept_compressed(Gzip)
                .send_compressed(Gzip),
        )
        .add_service(
            FeedServiceServer::new(feeds)
                .max_decoding_message_size(MESSAGE_BYTES)
                .max_encoding_message_size(FEED_MESSAGE_BYTES)
                .accept_compressed(Gzip)
                .send_compressed(Gzip),
        )
        .add_service(
            DecisionServiceServer::new(decisions)
                .max_decoding_message_size(MESSAGE_BYTES)
                .max_encoding_message_size(FEED_MESSAGE_BYTES)
                .accept_compressed(Gzip)
                .send_compressed(Gzip),
        )
        .add_service(
            TargetServiceServer::new(targets)
                .max_decoding_message_size(MESSAGE_BYTES)
                .max_encoding_message_size(FEED_MESSAGE_BYTES)
                .accept_compressed(Gzip)
                .send_compressed(Gzip),
        )
        .add_service(DisclosureServiceServer::new(disclosures).max_decoding_message_size(MESSAGE_BYTES))
        .add_service(
            LiaisonServiceServer::new(liaison)
                .max_decoding_message_size(MESSAGE_BYTES)
                .max_encoding_message_size(FEED_MESSAGE_BYTES)
                .accept_compressed(Gzip),
        )
        .add_service(BlindServiceServer::new(blinds).max_decoding_message_size(MESSAGE_BYTES))
        .add_service(
            LedgerServiceServer::new(ledgers)
                .max_decoding_message_size(MESSAGE_BYTES)
                .max_encoding_message_size(FEED_MESSAGE_BYTES),
        )
        .add_service(CaseServiceServer::new(cases).max_decoding_message_size(MESSAGE_BYTES))
        .add_service(AgencyServiceServer::new(agencies).max_decoding_message_size(MESSAGE_BYTES))
}

/// Serves the connections until stopped, and then until their calls are done.
pub(super) async fn serve<S: Transport>(
    services: Router,
    connections: impl Stream<Item = std::io::Result<PeerIo<S>>>,
    stop: CancellationToken,
) -> Result<(), tonic::transport::Error> {
    services.serve_with_incoming_shutdown(connections, stop.cancelled_owned()).await
}
