//! A node of a liaison body asks and hands in nothing; an office's node is the reverse.

use crate::{config::Role, desk::DeskError, node::Node};

/// Refuses unless this is a liaison body's node.
pub(crate) fn liaison(node: &Node) -> Result<(), DeskError> {
    if node.config.role == Role::Liaison { Ok(()) } else { Err(DeskError::NotLiaison) }
}

/// Refuses unless this is an office's node.
pub(crate) fn office(node: &Node) -> Result<(), DeskError> {
    if node.config.role == Role::Office { Ok(()) } else { Err(DeskError::NotOffice) }
}
