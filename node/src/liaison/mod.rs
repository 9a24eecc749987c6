//! Hit or no hit: what a liaison body's node and an asked office's node share.

mod keep;
mod selector;
mod token;

pub use keep::{erase, keep};
pub use selector::{SelectorError, selector, selector_text};
pub use token::{Token, TokenError, ends_us, named};
