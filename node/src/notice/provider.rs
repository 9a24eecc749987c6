//! Whose a link is: the provider that the list names for its host, else the registrable domain, else the host.

use std::collections::HashMap;

use meldeverbund_proto::CanonicalLink;

/// A provider as the configuration lists it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Provider {
    /// Its name, as it is written on letters.
    pub name: String,
    /// Its postal or electronic address, line by line; may be empty.
    pub address: Vec<String>,
    /// Hosts, or registrable domains with all their hosts, in lower case.
    pub hosts: Vec<String>,
}

/// Whose a link is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Owner {
    /// A listed provider, by its place in the list.
    Listed(usize),
    /// Nobody who is listed: the registrable domain, or the host where there is none.
    Unlisted(String),
}

/// The list of providers, ready to be asked.
#[derive(Debug)]
pub struct Directory<'a> {
    by_host: HashMap<&'a str, usize>,
}

impl<'a> Directory<'a> {
    /// The list; where two entries name a host, the first one counts.
    pub fn new(providers: &'a [Provider]) -> Self {
        let mut by_host = HashMap::new();
        for (place, provider) in providers.iter().enumerate() {
            for host in &provider.hosts {
                by_host.entry(host.as_str()).or_insert(place);
            }
        }
        Self { by_host }
    }

    /// Whose a link is. An entry for the host goes before one for its domain.
    pub fn owner(&self, link: &CanonicalLink) -> Owner {
        let (host, domain) = (host(link), link.registrable_domain());
        let listed = self.by_host.get(host).or_else(|| self.by_host.get(domain?));
        listed
            .map_or_else(|| Owner::Unlisted(domain.unwrap_or(host).to_owned()), |place| Owner::Listed(*place))
    }
}

/// The host of a canonical link; an IPv6 address without its brackets.
pub fn host(link: &CanonicalLink) -> &str {
    link.host().trim_start_matches('[').trim_end_matches(']')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(link: &str) -> CanonicalLink {
        CanonicalLink::parse(link).unwrap()
    }

    #[test]
    fn the_host_of_every_spelling() {
        for (spelling, is) in [
            ("https://h.example/a@b:c", "h.example"),
            ("https://h.example:8080?x@y", "h.example"),
            ("ftp://u:p@h.example:2121/", "h.example"),
            ("http://192.0.2.1:81/a", "192.0.2.1"),
            ("https://[2001:db8::1]:8080/a]", "2001:db8::1"),
            ("https://MÜLLER.example/", "xn--mller-kva.example"),
        ] {
            assert_eq!(host(&link(spelling)), is, "{spelling}");
        }
    }

    #[test]
    fn the_list_goes_before_the_domain_and_the_domain_before_the_host() {
        let provider = |name: &str, hosts: &[&str]| Provider {
            name: name.into(),
            address: Vec::new(),
            hosts: hosts.iter().map(|&host| host.to_owned()).collect(),
        };
        let list =
            [provider("Eins", &["files.example"]), provider("Zwei", &["eu.files.example", "192.0.2.1"])];
        let directory = Directory::new(&list);
        let owner = |text: &str| match directory.owner(&link(text)) {
            Owner::Listed(place) => list[place].name.clone(),
            Owner::Unlisted(name) => name,
        };
        assert_eq!(owner("https://files.example/a"), "Eins");
        assert_eq!(owner("https://us.files.example/a"), "Eins");
        assert_eq!(owner("https://eu.files.example/a"), "Zwei");
        assert_eq!(owner("http://192.0.2.1/a"), "Zwei");
        assert_eq!(owner("https://a.b.other.example/a"), "other.example");
        assert_eq!(owner("https://192.0.2.2/a"), "192.0.2.2");
        assert_eq!(owner("https://localhost/a"), "localhost");
    }
}
