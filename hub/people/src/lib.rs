//! Who the person is: OpenID Connect tokens of officers, checked strictly and told apart from machines.
//!
//! Each issuer belongs to one agency and can speak for nobody else's officers. [`Issuers::verify_bearer`] turns the
//! text of a token into an [`Officer`], or into one of a closed list of [refusals](TokenRefusal);
//! [`Issuers::begin_sign_in`] and [`Issuers::finish_sign_in`] do so for a person with a browser.

mod bearer;
mod checks;
mod claims;
mod error;
mod header;
mod http;
mod issuers;
mod logout;
mod metadata;
mod officer;
mod proceedings;
mod provider;
mod refusal;
mod role;
mod session;
mod settings;
mod sign_in;
#[cfg(feature = "testing")]
pub mod testing;
mod tls;

pub use error::{FetchError, IssuerError};
pub use issuers::Issuers;
pub use logout::Logout;
pub use officer::{Officer, TokenDigest};
pub use proceedings::{Proceedings, ProceedingsError};
pub use refusal::TokenRefusal;
pub use role::{Role, RoleError};
pub use session::{SessionDigest, SessionId};
pub use settings::{IssuerSettings, SettingsError};
pub use sign_in::{Attempt, AttemptDigest, Callback, Declined, LocalPath, SignInRefusal, SignedIn};

/// The address of this service to which an issuer sends the browser back.
pub use openidconnect::RedirectUrl as ReturnAddress;
