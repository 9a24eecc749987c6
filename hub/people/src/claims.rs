//! What a token says beyond OpenID Connect's own claims, and the roles in it.

use std::collections::{BTreeMap, BTreeSet};

use openidconnect::{
    AdditionalClaims, IdToken, IdTokenClaims,
    core::{CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};

use crate::{Proceedings, Role, TokenRefusal};

pub(crate) type Claims = IdTokenClaims<OwnClaims, CoreGenderClaim>;
pub(crate) type Token =
    IdToken<OwnClaims, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;

/// Claims that the library does not know by name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct OwnClaims {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) nbf: Option<Number>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sid: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cnf: Option<Value>,
    #[serde(flatten)]
    pub(crate) others: Map<String, Value>,
}

impl AdditionalClaims for OwnClaims {}

impl OwnClaims {
    /// The roles that the groups at this place of the token mean. Groups without a meaning here, another agency's
    /// among them, are passed over.
    pub(crate) fn roles(
        &self,
        claim: &str,
        meaning: &BTreeMap<String, Role>,
    ) -> Result<BTreeSet<Role>, TokenRefusal> {
        let Some(groups) = self.at(claim) else { return Err(TokenRefusal::NoRole) };
        let groups = groups.as_array().ok_or(TokenRefusal::RolesNotAList)?;
        let mut roles = BTreeSet::new();
        for group in groups {
            let group = group.as_str().ok_or(TokenRefusal::RolesNotAList)?;
            roles.extend(meaning.get(group));
        }
        if roles.is_empty() { Err(TokenRefusal::NoRole) } else { Ok(roles) }
    }

    /// The proceedings that the token lists at this place as the person's own; without a list there: none.
    pub(crate) fn proceedings(&self, claim: &str) -> Result<Proceedings, TokenRefusal> {
        let Some(listed) = self.at(claim) else { return Ok(Proceedings::default()) };
        let listed = listed.as_array().ok_or(TokenRefusal::ProceedingsNotAList)?;
        let entries: Option<Vec<_>> = listed.iter().map(Value::as_str).collect();
        let entries = entries.ok_or(TokenRefusal::ProceedingsNotAList)?;
        Proceedings::new(entries).map_err(|_| TokenRefusal::ProceedingsNotAList)
    }

    /// Follows a JSON pointer (RFC 6901).
    fn at(&self, pointer: &str) -> Option<&Value> {
        let path = pointer.strip_prefix('/')?;
        let (first, rest) = path.split_once('/').map_or((path, ""), |(first, rest)| (first, rest));
        let value = self.others.get(&first.replace("~1", "/").replace("~0", "~"))?;
        if rest.is_empty() { Some(value) } else { value.pointer(&format!("/{rest}")) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn roles(claims: Value, claim: &str) -> Result<Vec<Role>, TokenRefusal> {
        let claims: OwnClaims = serde_json::from_value(claims).unwrap();
        let meaning = BTreeMap::from([("desk".into(), Role::DeskOfficer), ("boss".into(), Role::Supervisor)]);
        claims.roles(claim, &meaning).map(|roles| roles.into_iter().collect())
    }

    #[test]
    fn groups_are_found_where_the_issuer_puts_them() {
        let desk = [Role::DeskOfficer];
        assert_eq!(roles(json!({"groups": ["desk", "canteen"]}), "/groups").unwrap(), desk);
        let nested = json!({"resource_access": {"melde/verbund": {"roles": ["desk"]}}});
        assert_eq!(roles(nested, "/resource_access/melde~1verbund/roles").unwrap(), desk);
        let named_by_address = json!({"https://login.example/roles": ["desk"]});
        assert_eq!(roles(named_by_address, "/https:~1~1login.example~1roles").unwrap(), desk);
        let both = roles(json!({"groups": ["boss", "desk", "desk"]}), "/groups").unwrap();
        assert_eq!(both, [Role::DeskOfficer, Role::Supervisor]);
    }

    #[test]
    fn proceedings_are_a_list_or_none() {
        let read = |claims: Value| {
            let claims: OwnClaims = serde_json::from_value(claims).unwrap();
            claims.proceedings("/melde/files")
        };
        assert!(read(json!({"melde": {"files": ["60 UJs"]}})).unwrap().owns("60 UJs 1/26"));
        for none in
            [json!({}), json!({"melde": {}}), json!({"files": ["60 UJs"]}), json!({"melde": {"files": []}})]
        {
            assert!(read(none).unwrap().is_empty(), "nothing is somebody's own by default");
        }
        for files in
            [json!("60 UJs"), json!({"60 UJs": true}), json!(["60 UJs", 7]), json!([""]), json!(null)]
        {
            let refused = read(json!({"melde": {"files": files}}));
            assert!(matches!(refused, Err(TokenRefusal::ProceedingsNotAList)), "{refused:?}");
        }
    }

    #[test]
    fn what_is_no_list_of_names_gives_nothing() {
        for groups in
            [json!("desk"), json!({"desk": true}), json!([["desk"]]), json!(["desk", 1]), json!(null)]
        {
            let refused = roles(json!({"groups": groups}), "/groups");
            assert!(matches!(refused, Err(TokenRefusal::RolesNotAList)), "{refused:?}");
        }
        for claims in
            [json!({}), json!({"groups": []}), json!({"groups": ["Desk", "desk ", "de-by-lka/desk"]})]
        {
            assert!(matches!(roles(claims, "/groups"), Err(TokenRefusal::NoRole)));
        }
    }
}
