//! `rebound manifest`.

use super::Desk;

#[tokio::test]
async fn the_manifest_needs_nothing_but_the_address() {
    let desk = Desk::new().await;
    let whole = desk.run(&["manifest", "slack"]).await.ends(0).out;
    insta::assert_snapshot!(whole);
    desk.configure("public_url = \"https://rebound.example.com\"\n[slack]\n");
    assert_eq!(desk.run(&["manifest", "slack"]).await.ends(0).out, whole);
    desk.configure("public_url = \"https://example.com/a/rebound/\"\n");
    desk.run(&["manifest", "slack"]).await.ends(0).says(&["url: \"https://example.com/a/rebound/slack/commands\""]);
}

#[tokio::test]
async fn what_is_wrong_with_the_address_is_named() {
    let desk = Desk::new().await;
    for wrong in ["public_url = \"nonsense\"", "listen = \"127.0.0.1:1\"", "public_url = 5"] {
        let said = desk.configure_and_run(wrong).await.ends(2).says(&["public_url"]);
        assert!(said.out.is_empty() && !said.err.contains("webhook_token"), "{}", said.err);
    }
    desk.configure_and_run("public_url = ").await.ends(2).says(&["rebound.toml:1"]);
    desk.run(&["manifest", "slack", "--config", "missing.toml"]).await.ends(2).says(&["missing.toml"]);
    desk.run(&["manifest"]).await.ends(2);
    desk.run(&["manifest", "teams"]).await.ends(2);
}

impl Desk {
    async fn configure_and_run(&self, text: &str) -> super::Said {
        self.configure(text);
        self.run(&["manifest", "slack"]).await
    }
}
