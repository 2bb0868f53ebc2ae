use proptest::prelude::*;
use store::{Credential, CredentialId, Keyring, Place, StoreError, Visibility};

use crate::harness::{Clock, Store, environment, on_each_engine};

on_each_engine! {
    any_key_suits_a_store_without_secrets,
    a_store_sealed_with_another_key_is_refused,
    a_secret_opens_in_its_own_row_only;
    shared
    a_seal_of_a_later_format_is_refused_as_newer,
}

async fn any_key_suits_a_store_without_secrets(store: Store) {
    assert!(!store::holds_sealed_rows(&store.db).await.unwrap());
    store::check_keyring(&store.db, &Keyring::from_bytes([1; 32])).await.unwrap();
    store::check_keyring(&store.db, &Keyring::from_bytes([2; 32])).await.unwrap();
}

async fn a_store_sealed_with_another_key_is_refused(store: Store) {
    let right = Keyring::from_bytes([1; 32]);
    put_secret(&store, &right, "one").await;
    put_secret(&store, &right, "two").await;
    assert!(store::holds_sealed_rows(&store.db).await.unwrap());
    store::check_keyring(&store.db, &right).await.unwrap();

    let wrong = Keyring::from_bytes([2; 32]);
    let refused = store::check_keyring(&store.db, &wrong).await;
    assert!(matches!(refused, Err(StoreError::WrongKey)), "{refused:?}");
    // One row of another key among many is enough.
    put_secret(&store, &wrong, "three").await;
    let refused = store::check_keyring(&store.db, &right).await;
    assert!(matches!(refused, Err(StoreError::WrongKey)), "{refused:?}");
}

async fn a_secret_opens_in_its_own_row_only(store: Store) {
    let keyring = Keyring::from_bytes([1; 32]);
    let one = put_secret(&store, &keyring, "of one").await;
    let two = put_secret(&store, &keyring, "of two").await;
    let mut stored = store::credentials(&store.db, &one.site).await.unwrap();
    stored.extend(store::credentials(&store.db, &two.site).await.unwrap());
    assert_eq!(stored, [one.clone(), two.clone()]);
    let open = |place: &Credential, sealed: &Credential| {
        keyring.open(Credential::place(&place.id), &sealed.sealed)
    };
    assert_eq!(open(&one, &one).unwrap(), b"of one");
    assert_eq!(open(&two, &two).unwrap(), b"of two");
    assert!(matches!(open(&one, &two), Err(StoreError::WrongKey)));
    assert!(matches!(open(&two, &one), Err(StoreError::WrongKey)));
}

async fn a_seal_of_a_later_format_is_refused_as_newer(store: Store) {
    let keyring = Keyring::from_bytes([1; 32]);
    put_secret(&store, &keyring, "one").await;
    store.tamper("UPDATE credential SET sealed = 'Ag' || substr(sealed, 3)").await;
    let refused = store::check_keyring(&store.db, &keyring).await;
    assert!(matches!(refused, Err(StoreError::NewerSchema)), "{refused:?}");
}

proptest! {
    #[test]
    fn what_is_sealed_opens_in_its_place_and_nowhere_else(
        key: [u8; 32], plain: Vec<u8>, place: [String; 3], other: [String; 3], other_key: [u8; 32],
    ) {
        let (keyring, environment) = (Keyring::from_bytes(key), environment(&Clock::new()));
        let sealed = keyring.seal(&environment, at(&place), &plain);
        prop_assert_eq!(keyring.open(at(&place), &sealed).unwrap(), plain.clone());
        prop_assert_eq!(keyring.open(at(&other), &sealed).is_ok(), place == other);
        let opened = Keyring::from_bytes(other_key).open(at(&place), &sealed);
        prop_assert_eq!(opened.is_ok(), key == other_key);
        prop_assert_ne!(keyring.seal(&environment, at(&place), &plain), sealed);
    }

    #[test]
    fn the_border_between_table_row_and_column_counts(text in "[a-z]{2,12}", one in 0..12usize, two in 0..12usize) {
        let (keyring, environment) = (Keyring::from_bytes([7; 32]), environment(&Clock::new()));
        let split = |at: usize| text.split_at(at.min(text.len()));
        let place = |(table, row)| Place { table, row, column: "" };
        let sealed = keyring.seal(&environment, place(split(one)), b"secret");
        let same = one.min(text.len()) == two.min(text.len());
        prop_assert_eq!(keyring.open(place(split(two)), &sealed).is_ok(), same);
    }

    #[test]
    fn altered_or_foreign_text_never_opens(position: prop::sample::Index, letter in "[A-Za-z0-9+/=]", noise: String) {
        let (keyring, environment) = (Keyring::from_bytes([7; 32]), environment(&Clock::new()));
        let place = Place { table: "credential", row: "1", column: "sealed" };
        let sealed = keyring.seal(&environment, place, b"a secret");
        let index = position.index(sealed.len());
        let mut altered = sealed.clone();
        altered.replace_range(index..=index, &letter);
        prop_assert_eq!(keyring.open(place, &altered).is_ok(), altered == sealed);
        prop_assert!(keyring.open(place, &sealed[..index]).is_err());
        prop_assert!(keyring.open(place, &noise).is_err());
    }
}

fn at(place: &[String; 3]) -> Place<'_> {
    Place { table: &place[0], row: &place[1], column: &place[2] }
}

async fn put_secret(store: &Store, keyring: &Keyring, plain: &str) -> Credential {
    let id = CredentialId::new(&store.environment);
    let sealed = keyring.seal(&store.environment, Credential::place(&id), plain.as_bytes());
    let site = store.site(id.as_str()).await;
    let credential = Credential { id, site, owner: None, visibility: Visibility::Mapped, sealed };
    let mut write = store.db.write().await.unwrap();
    store::put_credential(&mut write, &credential).await.unwrap();
    write.commit().await.unwrap();
    credential
}
