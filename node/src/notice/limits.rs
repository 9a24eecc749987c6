//! Every limit of a notice, by name. The limits of names and references stand in `meldeverbund_proto::limits`.

/// Characters of one text of the configuration, such as a legal basis: about a page of print.
pub const LEGAL_TEXT_CHARS: usize = 4_000;

/// Characters of an e-mail address (RFC 5321, 4.5.3.1.3).
pub const EMAIL_CHARS: usize = 254;

/// Lines of an address, so that it fits the window of an envelope (DIN 5008).
pub const ADDRESS_LINES: usize = 6;

/// Links that a letter prints, unless the options say otherwise: about 100 pages. Of more, the letter states number and
/// digest of the list that goes with it.
pub const LETTER_LINKS: usize = 2_000;

/// Characters of a folder's name: with a number behind it, it fits every file system and every mail program.
pub const FOLDER_CHARS: usize = 60;

/// Bytes that are kept back before they are written to a file. One package is open at a time, with one file.
pub const BUFFER_BYTES: usize = 64 * 1024;
