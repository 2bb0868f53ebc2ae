use serde_json::json;
use store::{EventId, NewEvent, OrganizationId, StoreError};

use crate::harness::{Store, on_each_engine};

on_each_engine! {
    an_empty_chain_is_sound,
    events_are_listed_newest_first_in_pages,
    many_at_once_make_one_chain_without_gaps,
    an_event_of_no_organization_is_refused_alone,
}

async fn an_empty_chain_is_sound(store: Store) {
    assert_eq!(store::verify_events(&store.db, &store.organization).await.unwrap(), Ok(0));
    assert_eq!(store::events(&store.db, &store.organization, None, 9).await.unwrap(), []);
}

async fn events_are_listed_newest_first_in_pages(store: Store) {
    let mut ids = Vec::new();
    for number in 1..=5 {
        store.clock.advance(1);
        ids.push(append(&store, number).await.unwrap());
    }
    let list = async |before| {
        let events = store::events(&store.db, &store.organization, before, 2).await.unwrap();
        events.into_iter().map(|event| (event.seq, event.id)).collect::<Vec<_>>()
    };
    assert_eq!(list(None).await, [(5, ids[4].clone()), (4, ids[3].clone())]);
    assert_eq!(list(Some(4)).await, [(3, ids[2].clone()), (2, ids[1].clone())]);
    assert_eq!(list(Some(2)).await, [(1, ids[0].clone())]);

    let events = store::events(&store.db, &store.organization, None, 9).await.unwrap();
    assert_eq!(events[4].previous, "");
    assert!(events.windows(2).all(|pair| pair[0].previous == pair[1].digest));
    let expected = NewEvent { at: events[0].body.at, ..event(&store.organization, &store, 5) };
    assert_eq!(events[0].body, expected);
    assert_eq!(store::verify_events(&store.db, &store.organization).await.unwrap(), Ok(5));
}

async fn many_at_once_make_one_chain_without_gaps(store: Store) {
    let appends: Vec<_> = (0..200)
        .map(|number| {
            let (db, environment) = (store.db.clone(), store.environment.clone());
            let event = event(&store.organization, &store, number);
            tokio::spawn(
                async move { store::append_event(&db, &environment, event).await.unwrap() },
            )
        })
        .collect();
    let mut ids = Vec::new();
    for append in appends {
        ids.push(append.await.unwrap());
    }
    assert_eq!(store::verify_events(&store.db, &store.organization).await.unwrap(), Ok(200));
    let events = store::events(&store.db, &store.organization, None, 1000).await.unwrap();
    let mut listed: Vec<EventId> = events.into_iter().map(|event| event.id).collect();
    ids.sort();
    listed.sort();
    assert_eq!(listed, ids);
}

async fn an_event_of_no_organization_is_refused_alone(store: Store) {
    let nobody = OrganizationId::new(&store.environment);
    let lost = event(&nobody, &store, 1);
    let (lost, kept) =
        tokio::join!(store::append_event(&store.db, &store.environment, lost), append(&store, 2));
    assert!(matches!(lost, Err(StoreError::Query(_))));
    kept.unwrap();
    assert_eq!(store::verify_events(&store.db, &store.organization).await.unwrap(), Ok(1));
}

mod tampering {
    use crate::harness::{Store, on_each_engine};

    on_each_engine! {
        ; shared
        an_altered_body_is_found,
        a_changed_digest_is_found,
        an_event_taken_out_is_found,
        events_cut_off_the_end_are_found,
        an_event_added_by_hand_is_found,
    }

    async fn an_altered_body_is_found(store: Store) {
        let alter = "UPDATE event SET body = replace(body, 'allow', 'deny') WHERE seq = 3";
        assert_eq!(first_bad_after(&store, alter).await, Err(3));
    }

    async fn a_changed_digest_is_found(store: Store) {
        let alter = "UPDATE event SET digest = previous WHERE seq = 2";
        assert_eq!(first_bad_after(&store, alter).await, Err(2));
    }

    async fn an_event_taken_out_is_found(store: Store) {
        let alter = "DELETE FROM event WHERE seq = 2; UPDATE event SET seq = seq - 1 WHERE seq = 3;
                     UPDATE event SET seq = seq - 1 WHERE seq = 4;
                     UPDATE event_chain SET seq = 3";
        assert_eq!(first_bad_after(&store, alter).await, Err(2));
    }

    async fn events_cut_off_the_end_are_found(store: Store) {
        assert_eq!(first_bad_after(&store, "DELETE FROM event WHERE seq >= 3").await, Err(3));
    }

    async fn an_event_added_by_hand_is_found(store: Store) {
        let alter = "INSERT INTO event SELECT organization_id, 5, 'x', body, digest, 'y' FROM event
                     WHERE seq = 4; UPDATE event_chain SET seq = 5, digest = 'y'";
        assert_eq!(first_bad_after(&store, alter).await, Err(5));
    }

    async fn first_bad_after(store: &Store, statement: &'static str) -> Result<u64, i64> {
        for number in 1..=4 {
            super::append(store, number).await.unwrap();
        }
        let sound = store::verify_events(&store.db, &store.organization).await.unwrap();
        assert_eq!(sound, Ok(4));
        store.tamper(statement).await;
        store::verify_events(&store.db, &store.organization).await.unwrap()
    }
}

async fn append(store: &Store, number: u64) -> store::Result<EventId> {
    let event = event(&store.organization, store, number);
    store::append_event(&store.db, &store.environment, event).await
}

fn event(organization: &OrganizationId, store: &Store, number: u64) -> NewEvent {
    NewEvent {
        organization: organization.clone(),
        at: store.clock.now(),
        principal: None,
        client: None,
        token: None,
        transport: "stdio".to_owned(),
        request: number.to_string(),
        action: "call".to_owned(),
        tool: Some("confluence_search".to_owned()),
        site: None,
        object: Some("page 日本\0語".to_owned()),
        decision: "allow".to_owned(),
        code: "ok".to_owned(),
        detail: json!({"z": 1, "a": {"y": [1.5, null], "b": "\u{7f}\n"}}),
    }
}
