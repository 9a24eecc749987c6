//! One test for each class of decision; `docs/links.md` names them.

use crate::golden::{hold, rows};

#[test]
fn no_class_is_left_out() {
    let here = include_str!("classes.rs");
    for row in rows() {
        assert!(here.contains(&format!("hold({:?})", row.class)), "no test for {}", row.class);
    }
}

#[test]
fn http_and_https_are_one_and_others_are_refused() {
    hold("scheme");
}

#[test]
fn data_urls_are_content() {
    hold("content");
}

#[test]
fn slashes_after_the_scheme_do_not_count() {
    hold("missing slashes");
}

#[test]
fn blanks_around_are_dropped() {
    hold("blanks around");
}

#[test]
fn control_characters_inside_are_refused() {
    hold("control characters");
}

#[test]
fn nothing_is_no_link() {
    hold("empty");
}

#[test]
fn a_link_has_a_host() {
    hold("no host");
}

#[test]
fn a_backslash_is_a_slash_unless_the_host_depends_on_it() {
    hold("backslash");
}

#[test]
fn host_case_is_folded() {
    hold("host case");
}

#[test]
fn path_case_is_kept() {
    hold("path case");
}

#[test]
fn only_a_schemes_own_port_goes() {
    hold("port");
}

#[test]
fn users_are_dropped_but_for_ftp() {
    hold("userinfo");
}

#[test]
fn a_final_dot_of_the_host_goes() {
    hold("trailing dot");
}

#[test]
fn empty_labels_are_refused() {
    hold("empty label");
}

#[test]
fn dot_segments_are_resolved() {
    hold("dots");
}

#[test]
fn drive_letters_are_no_roots() {
    hold("drive letter");
}

#[test]
fn escapes_of_unreserved_characters_are_decoded() {
    hold("percent");
}

#[test]
fn stray_percents_stay() {
    hold("stray percent");
}

#[test]
fn raw_characters_are_encoded_as_browsers_do() {
    hold("raw characters");
}

#[test]
fn international_names_are_mapped() {
    hold("IDN");
}

#[test]
fn ipv4_forms_are_one() {
    hold("IPv4");
}

#[test]
fn ipv6_forms_are_one() {
    hold("IPv6");
}

#[test]
fn onion_addresses_have_their_checksum() {
    hold("onion");
}

#[test]
fn an_empty_path_is_a_slash() {
    hold("empty path");
}

#[test]
fn an_empty_query_is_kept() {
    hold("empty query");
}

#[test]
fn query_order_is_kept() {
    hold("query order");
}

#[test]
fn www_is_kept() {
    hold("www");
}

#[test]
fn slashes_are_kept() {
    hold("slashes");
}

#[test]
fn fragments_go_unless_they_name_the_object() {
    hold("fragment");
}

#[test]
fn ftp_paths_are_kept() {
    hold("ftp path");
}

#[test]
fn hosts_have_letters_digits_hyphens_underscores() {
    hold("host characters");
}

#[test]
fn hosts_are_as_long_as_dns_carries() {
    hold("host length");
}

#[test]
fn links_are_bounded() {
    hold("very long");
}

#[test]
fn registrable_domains_follow_the_public_suffix_list() {
    hold("registrable domain");
}
