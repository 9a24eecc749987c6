//! Who the person is: OpenID Connect tokens of officers, checked strictly and told apart from machines.
//!
//! Each issuer belongs to one agency and can speak for nobody else's officers. [`Issuers::verify_bearer`] turns the
//! text of a token into an [`Officer`], or into one of a closed list of [refusals](TokenRefusal).

mod bearer;
mod checks;
mod claims;
mod error;
mod header;
mod http;
mod issuers;
mod metadata;
mod officer;
mod provider;
mod refusal;
mod role;
mod settings;
#[cfg(feature = "testing")]
pub mod testing;
mod tls;

pub use error::{FetchError, IssuerError};
pub use issuers::Issuers;
pub use officer::{Officer, TokenDigest};
pub use refusal::TokenRefusal;
pub use role::{Role, RoleError};
pub use settings::{IssuerSettings, SettingsError};
