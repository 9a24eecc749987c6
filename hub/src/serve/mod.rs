//! A hub on the network: configuration, listener, health, metrics, an orderly end.

mod blind;
mod certificates;
mod comparer;
pub mod config;
mod console_settings;
mod figures;
mod grpc;
mod health;
mod liaison;
mod observe;
mod pages;
mod publisher;
mod registry;
mod retention;
mod run;
mod sweeper;

pub use config::{Config, ConfigError};
pub use console_settings::{ConsoleSettings, PublicUrlError, StatementKeyError};
pub use figures::FigureSettings;
pub use health::Readiness;
pub(crate) use run::load_tls;
pub use run::{ServeError, Server};
