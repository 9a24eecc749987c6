//! Reads an officer's file into referral rows.
