//! What pages for people share, at the hub and at a node: layout, texts in two languages, headers, cookies, forms, and
//! links that cannot be clicked. Knows nothing of either.
//!
//! Pages are made on the server and work without scripts. Nothing is inline and nothing comes from elsewhere, so the
//! content security policy has no exceptions.

mod assets;
mod cookies;
mod forms;
mod headers;
mod instant;
mod language;
mod layout;
mod link;
mod texts;

pub use assets::{ICON, LIVE, STYLE, asset};
pub use cookies::{Cookie, cookie};
pub use forms::{ForeignForm, check_origin};
pub use headers::{POLICY, guard};
pub use instant::Instant;
pub use language::Language;
pub use layout::{Layout, LivePage, NavItem, Page, Person, Problem};
pub use link::Defanged;
pub use texts::{Catalogue, CatalogueError, Texts};
