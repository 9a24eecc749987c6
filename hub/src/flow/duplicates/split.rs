//! One target becomes two again.

use std::collections::BTreeSet;

use meldeverbund_domain::{
    TargetNo,
    order::{Apart, Parting, Was, part, unknown},
};
use meldeverbund_proto::v1::{Refusal, RefusalCode};

use super::{Deciding, PairAnswer, changes::Told};
use crate::{
    flow::{states::origin, views::SPLIT},
    store::{AliasRow, StoreError, Tx, bound, bound_itself, names_of, roots},
};

/// The names of a target, parted into those that leave with one of them and those that stay.
struct Family {
    name: AliasRow,
    /// With the one that leaves as the first.
    going: Vec<TargetNo>,
    /// Without the target itself.
    staying: Vec<TargetNo>,
    later: Vec<Was>,
}

impl Deciding<'_> {
    pub(super) async fn split(
        &self,
        tx: &mut Tx<'_>,
        target: TargetNo,
        from: TargetNo,
        told: &mut Told,
    ) -> Result<PairAnswer, StoreError> {
        let names = roots(tx.reading(), [target, from]).await?;
        let Some(&root) = names.get(&target) else {
            return Ok(refused(
                "this target is another name of none; of what was merged, the younger one leaves",
            ));
        };
        if names.get(&from).copied().unwrap_or(from) != root {
            return Ok(refused("this target is no other name of that one"));
        }
        let family = family(tx, target, root).await?;
        let Some(whole) = self.state(tx, root).await? else { return Ok(PairAnswer::refused(unknown())) };
        let parting = parting(tx, &family, root).await?;
        let before = whole.clone();
        let (rest, leaver) = match part(whole, &parting, &self.context) {
            Ok(parted) => parted,
            Err(refusal) => return Ok(PairAnswer::refused(refusal)),
        };
        tx.drop_alias(target).await?;
        tx.move_aliases(&family.going[1..], target).await?;
        tx.take_back_bindings(root, &family.going, &family.staying, parting.apart.leaf).await?;
        tx.carry_bindings(&family.going[1..], target).await?;
        self.put(tx, [&rest, &leaver]).await?;
        self.reject_apart(tx, &family.going, &family.staying, root).await?;
        let targets = std::iter::once(root).chain(family.going.iter().copied());
        told.note(self, SPLIT, &[&before, &rest, &leaver], targets);
        self.note(told, [&rest, &leaver], None);
        let name_owner_agency_id = self.members.id(leaver.owner());
        Ok(PairAnswer { name_owner_agency_id, ..self.answer([&rest, &leaver]) })
    }
}

async fn family(tx: &mut Tx<'_>, target: TargetNo, root: TargetNo) -> Result<Family, StoreError> {
    let all = names_of(tx.reading(), [root]).await?;
    let missing = || StoreError::Value { column: "alias.root_no" };
    let name = all.iter().find(|alias| alias.target == target).ok_or_else(missing)?.clone();
    // What was merged into the one that leaves became its name before it became one itself; a link that a rule named, since.
    let mut going = vec![target];
    let mut seen = BTreeSet::from([target]);
    loop {
        let below: Vec<_> =
            all.iter().filter(|alias| seen.contains(&alias.into) && !seen.contains(&alias.target)).collect();
        if below.is_empty() {
            break;
        }
        seen.extend(below.iter().map(|alias| alias.target));
        going.extend(below.iter().map(|alias| alias.target));
    }
    let (mut staying, mut later) = (Vec::new(), Vec::new());
    for alias in all.iter().filter(|alias| !seen.contains(&alias.target)) {
        staying.push(alias.target);
        // Of one list, too: what a name brought stays where it stays.
        if alias.since_leaf >= name.since_leaf
            && let Some(apart) = apart_of(alias)?
        {
            later.push(apart.part);
            later.extend((alias.into != name.into).then_some(apart.whole));
        }
    }
    Ok(Family { name, going, staying, later })
}

fn apart_of(alias: &AliasRow) -> Result<Option<Apart>, StoreError> {
    let read =
        |body: &String| serde_json::from_str(body).map_err(|_| StoreError::Value { column: "alias.body" });
    alias.body.as_ref().map(read).transpose()
}

async fn parting(tx: &mut Tx<'_>, family: &Family, root: TargetNo) -> Result<Parting, StoreError> {
    let Family { name, going, staying, later } = family;
    let going_bound = bound(tx.reading(), going.iter().copied()).await?;
    let mut staying_bound = bound_itself(tx.reading(), root, going, name.since_leaf).await?;
    staying_bound
        .extend(bound(tx.reading(), staying.iter().copied()).await?.into_iter().map(|(agency, _)| agency));
    let origin = origin(tx.reading(), name.target).await?;
    let apart = match apart_of(name)? {
        Some(apart) => apart,
        // A rule named it: it is as its first referral would have opened it.
        None => {
            let missing = || StoreError::Value { column: "alias.root_no" };
            let members = crate::store::targets_by_number(tx.reading(), [root]).await?;
            let whole = members.first().ok_or_else(missing)?;
            let opener = going_bound.first().map_or(whole.ownership.owner, |(agency, _)| *agency);
            Apart {
                leaf: name.since_leaf,
                whole: Was {
                    round: whole.round,
                    owner: whole.ownership.owner,
                    basis: whole.ownership.basis.into(),
                    life: meldeverbund_domain::life::Life::default(),
                },
                part: Was::opened_by(opener),
                owner: whole.ownership.owner,
                basis: whole.ownership.basis.into(),
                round: 1,
            }
        }
    };
    let (going, staying, later) = (going_bound, staying_bound, later.clone());
    Ok(Parting { target: name.target, apart, later, going, staying, origin })
}

fn refused(reason: &str) -> PairAnswer {
    PairAnswer::refused(Refusal::of(RefusalCode::NothingToDo, reason))
}
