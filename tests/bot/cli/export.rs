//! `rebound export`, beside a bot that runs.

use chrono::TimeDelta;
use serde_json::Value;

use super::{Desk, run};
use crate::calls::{cancelled, cancelled_by, email};
use crate::world::World;

#[tokio::test]
async fn follow_ups_as_csv_and_as_json_lines() {
    let world = World::new().await;
    let mut hostile = cancelled(world.now());
    hostile["event"]["cancel_reason"] = "=HYPERLINK(\"http://evil.example\",\"x\")\nand, more".into();
    hostile["invitee"]["cancel_reason"] = hostile["event"]["cancel_reason"].clone();
    let late = cancelled_by("Alex Closer", world.now() + TimeDelta::days(3));
    for body in [&hostile, &late] {
        world.webhook(body).await;
    }
    world.drain().await;
    let csv = run(world.folder(), &["export"]).await.ends(0).out;
    let (header, rows) = csv.split_once("\r\n").expect("a header");
    assert_eq!(
        header,
        "short_id,call_id,state,owner,side,reason_class,reason,invitee_name,invitee_email,invitee_phone,event_name,host,start,\
         cancelled_at,opened_at,notice_minutes,repeat"
    );
    assert!(rows.contains("\"'=HYPERLINK(\"\"http://evil.example\"\",\"\"x\"\")\nand, more\""), "{rows}");
    assert!(rows.contains(",'+1555") && rows.matches("\r\n").count() == 2, "{rows}");
    let lines = run(world.folder(), &["export", "--format", "jsonl"]).await.ends(0).out;
    let told: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(
        told[0].as_object().expect("an object").keys().cloned().collect::<std::collections::BTreeSet<_>>(),
        header.split(',').map(str::to_owned).collect()
    );
    assert_eq!((&told[0]["state"], &told[0]["side"], &told[1]["side"]), (&"open".into(), &"invitee".into(), &"host".into()));
    assert_eq!((&told[0]["reason"], &told[0]["invitee_email"]), (&hostile["event"]["cancel_reason"], &email(&hostile).into()));
    assert_eq!((&told[0]["owner"], &told[0]["repeat"], &told[0]["host"]), (&Value::Null, &1.into(), &"Alex Closer".into()));
    assert_eq!((&told[0]["start"], told[0]["notice_minutes"].as_i64()), (&hostile["event"]["utc_start_time"], Some(48 * 60)));
    assert_eq!(told.len(), 2);
    let since = (world.now() + TimeDelta::days(2)).format("%Y-%m-%d").to_string();
    let later = run(world.folder(), &["export", "--format", "jsonl", "--since", &since]).await.ends(0).out;
    assert!(later.contains(email(&late)) && !later.contains(email(&hostile)), "{later}");
}

#[tokio::test]
async fn more_than_a_page_comes_whole_and_in_order() {
    let world = World::new().await;
    let calls: Vec<Value> = (0..1_001).map(|_| cancelled(world.now())).collect();
    for some in calls.chunks(100) {
        assert_eq!(world.webhook(&some.to_vec().into()).await.0, 200);
    }
    world.drain_understanding().await;
    let lines = run(world.folder(), &["export", "--format", "jsonl"]).await.ends(0).out;
    let told: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let emails: Vec<&str> = told.iter().filter_map(|line| line["invitee_email"].as_str()).collect();
    assert_eq!(emails, calls.iter().map(email).collect::<Vec<_>>());
}

#[tokio::test]
async fn nothing_is_a_header_and_wrong_usage_is_told() {
    let desk = Desk::new().await;
    drop(desk.store().await);
    assert_eq!(desk.run(&["export"]).await.ends(0).out.lines().count(), 1);
    assert_eq!(desk.run(&["export", "--format", "jsonl"]).await.ends(0).out, "");
    desk.run(&["export", "--format", "xlsx"]).await.ends(2);
    desk.run(&["export", "--since", "yesterday"]).await.ends(2).says(&["yesterday"]);
}
