//! A copy of the index, opened elsewhere: it is believed no more than a node.

use minglian_explorer::follower::{FollowError, Follower};
use minglian_explorer::index::{self, Writer};
use rusqlite::Connection;

use crate::chain::Chain;
use crate::site::{Site, follower};
use crate::story;

fn verified(chain: &Chain, path: &std::path::Path) -> Result<Follower, FollowError> {
    let writer = Writer::open(path, &chain.genesis.hash()).unwrap();
    let mut follower = follower(chain, writer, path);
    for block in &chain.blocks {
        follower.apply(block)?;
    }
    Ok(follower)
}

#[tokio::test]
async fn a_copy_is_verified_again_where_it_is_opened() {
    let chain = story::told();
    let site = Site::of(&chain).await;
    let directory = tempfile::tempdir().unwrap();
    let copy = directory.path().join("copy.sqlite");
    let head = index::snapshot(&site.index(), &copy).unwrap();
    assert_eq!(u64::try_from(head.height).unwrap(), chain.header.height.0);
    assert_eq!(head.log_root, chain.header.log_root.to_string());
    assert!(index::snapshot(&site.index(), &copy).is_err(), "nothing is written over");
    assert_eq!(verified(&chain, &copy).unwrap().height(), chain.header.height);

    // Whoever made the copy changed a balance in it, or left one out.
    let query = "SELECT max(key) FROM state";
    for change in [
        "UPDATE state SET value = x'00' WHERE key = ?1",
        "DELETE FROM state WHERE key = ?1",
        "INSERT INTO state SELECT x'01', x'00' WHERE ?1 IS NOT NULL",
    ] {
        let other = directory.path().join("other.sqlite");
        let _ = std::fs::remove_file(&other);
        index::snapshot(&copy, &other).unwrap();
        let connection = Connection::open(&other).unwrap();
        let key: Vec<u8> = connection.query_row(query, [], |row| row.get(0)).unwrap();
        connection.execute(change, [key]).unwrap();
        drop(connection);
        let error = verified(&chain, &other).unwrap_err();
        assert!(
            matches!(error, FollowError::IndexDiffers(height) if height == chain.header.height)
        );
    }
}
