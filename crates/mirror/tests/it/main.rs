//! The mirror against a real sandbox over HTTP, Cloud and Data Center with the same bodies.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops where it fails")]

mod changes;
mod deletions;
mod faults;
mod interruption;
mod races;
mod rights;
mod runs;
mod world;

/// Each named test for both products: `changes::a_moved_page::cloud`, `…::data_center`.
macro_rules! on_both_products {
    ($($test:ident),+ $(,)?) => { $(
        mod $test {
            use crate::world::Face;

            #[tokio::test]
            async fn cloud() {
                super::$test(Face::Cloud).await;
            }

            #[tokio::test]
            async fn data_center() {
                super::$test(Face::DataCenter).await;
            }
        }
    )+ };
}
pub(crate) use on_both_products;
