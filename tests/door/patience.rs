//! Every way of holding the line ends by itself.

use std::time::Duration;

use tokio::task::JoinSet;

use crate::raw::{KINDS, Kind};
use crate::world::World;

/// So many of each kind; far below the most connections, so that none has to give way to another.
const EACH: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_holds_the_line_is_let_go() {
    let world = World::new().await;
    let address = world.url.trim_start_matches("http://").parse().expect("an address");
    let mut clients = JoinSet::new();
    for kind in KINDS {
        for _ in 0..EACH {
            clients.spawn(async move { (kind, tokio::time::timeout(Duration::from_secs(30), kind.harm(address)).await) });
        }
    }
    let mut wrong = Vec::new();
    while let Some(client) = clients.join_next().await {
        let (kind, ended) = client.expect("no panic");
        // Who sends too much is let go when it is too much, who never reads cannot tell since when, and all others have their time.
        let at_once = matches!(kind, Kind::EndlessChunks | Kind::NeverReads);
        let earliest = if at_once { Duration::ZERO } else { Duration::from_secs(4) };
        match ended {
            Ok(Ok(after)) if (earliest..Duration::from_secs(15)).contains(&after) => {}
            Ok(Ok(after)) => wrong.push(format!("{kind:?}: let go after {after:?}")),
            Ok(Err(error)) => wrong.push(format!("{kind:?}: {error}")),
            Err(_) => wrong.push(format!("{kind:?}: never let go")),
        }
    }
    wrong.dedup();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(world.get("/livez").await.0, 200);
}
