//! A hit under H3 names nobody; neither does what follows it.

use meldeverbund_proto::v1::{DisclosureField, HandlingCode, ListDisclosuresRequest, follow_response::Event};

use super::{
    ask, client,
    disclosures::{answer, answered, request, requested},
    europol, link, question, referring, token, with_token,
};
use crate::harness::{Federation, INSTANCE, accepted};

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_named_by_the_hit_is_not_named_by_what_follows() {
    let federation = Federation::start().await;
    let (nw, europol) = (federation.office("de-nw-lka").await, europol(&federation).await);
    nw.open_case("1/26").await;
    for (name, handling) in [("h2", HandlingCode::H2), ("h3", HandlingCode::H3)] {
        let request = referring("1/26", &format!("https://a.test/{name}"), |referral| {
            referral.handling = handling.into();
        });
        accepted(nw.submit(request).await);
    }
    let asked_about = question(vec![link("https://a.test/h2"), link("https://a.test/h3")]);
    ask(&europol, asked_about.clone()).await;
    for (position, name) in [(0, "de-nw-lka"), (1, "")] {
        let wanted = request(&asked_about.query_id, position);
        let first = requested(&europol, wanted.clone()).await.unwrap();
        assert_eq!(first.agency.clone().unwrap_or_default().agency_id, name);
        assert_eq!(requested(&europol, wanted.clone()).await.unwrap().agency, first.agency, "again");
        let call = || {
            let one = ListDisclosuresRequest { disclosure_id: wanted.disclosure_id.clone(), limit: 0 };
            with_token(one, &token("eu-europol"))
        };
        let named = async || {
            let shown = client(&europol).list_disclosures(call()).await.unwrap().into_inner();
            let cards: Vec<_> = shown.agencies.into_iter().map(|card| card.agency_id).collect();
            (shown.disclosures[0].asked_agency_id.clone(), cards.contains(&"de-nw-lka".to_owned()))
        };
        assert_eq!(named().await, (name.to_owned(), !name.is_empty()));
        let given = answer(&wanted.disclosure_id, &[(DisclosureField::CaseNumber, "1/26")]);
        let owner_s = answered(&nw, given).await.unwrap().disclosure.unwrap();
        assert_eq!(owner_s.asked_agency_id, "de-nw-lka", "who is asked knows it");
        assert_eq!(named().await, (name.to_owned(), !name.is_empty()), "an answer names nobody either");
        let told = europol.feed(INSTANCE, u64::from(position), 1).await.remove(0).event;
        let Some(Event::DisclosureChanged(changed)) = told else { panic!("{told:?}") };
        let cards = changed.agencies.iter().filter(|card| card.agency_id == "de-nw-lka").count();
        assert_eq!(
            (changed.disclosure.unwrap().asked_agency_id, cards),
            (name.into(), usize::from(position == 0))
        );
    }
    drop((nw, europol));
    federation.end().await;
}
