//! Every limit of the contract, by name. Limits of one hub's configuration stand in its sample file.

/// Referrals in one submission: a commit stays near 20 ms, so that an officer's single referral never waits long.
pub const REFERRALS_PER_SUBMISSION: usize = 1_000;

/// Bytes of one gRPC message: a full submission of ordinary referrals fits three times.
pub const MESSAGE_BYTES: usize = 4 * 1024 * 1024;

/// Bytes of one message from the hub: a full submission comes back on the feed together with its answers.
pub const FEED_MESSAGE_BYTES: usize = 2 * MESSAGE_BYTES;

/// Bytes of one link: twice what browsers and provider forms take in practice.
pub const LINK_BYTES: usize = 4_096;

/// Content hashes of one referral: three algorithms, and a few files behind one link.
pub const CONTENT_HASHES: usize = 8;

/// Characters of a case number (Vorgangsnummer): the longest shapes of the Länder have about 30.
pub const CASE_NUMBER_CHARS: usize = 64;

/// Characters of a unit's name.
pub const UNIT_CHARS: usize = 64;

/// Characters of a prosecutor's number (Aktenzeichen).
pub const PROSECUTOR_REFERENCE_CHARS: usize = 64;

/// Characters of a short reason.
pub const REASON_CHARS: usize = 200;

/// Characters of a note.
pub const NOTE_CHARS: usize = 500;

/// Characters of where something was found, and of an access hint.
pub const PLACE_CHARS: usize = 512;

/// Characters of a name or reference of somebody else's.
pub const REFERENCE_CHARS: usize = 128;

/// Characters of a platform's tag.
pub const PLATFORM_CHARS: usize = 64;

/// Targets of one decision: its commit stays near 20 ms, as that of a full submission.
pub const TARGETS_PER_DECISION: usize = 1_000;

/// Characters of an agency id; also the longest label of a host name.
pub const AGENCY_ID_CHARS: usize = 63;

/// Characters of an agency's name or contact.
pub const CARD_CHARS: usize = 200;

/// Longest run of base64 letters in a free text: longer ones carry content, not words.
pub const BASE64_RUN_CHARS: usize = 200;

/// Selectors of one batch of questions, open or blind: its answer stays near 20 ms.
pub const SELECTORS_PER_QUERY: usize = 1_000;

/// Characters of a purpose's code.
pub const PURPOSE_CODE_CHARS: usize = 32;

/// Fields of one disclosure: each kind once.
pub const DISCLOSED_VALUES: usize = 10;

/// Entries of one list that is asked for.
pub const LIST_ENTRIES: usize = 1_000;
