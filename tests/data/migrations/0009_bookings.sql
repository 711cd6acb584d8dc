-- A call that Joe Roe booked, and the webhook that told of it.
insert into event (id, source, key, kind, call_id, body, received_at, found_by, quarantined, understood_at) values
    (1800000000000000005, 'iclosed', 'call_booked:4714:1795539600000', 'call_booked', '4714', '{"hookType":"Call booked","event":{"uuid":4714,"utc_start_time":"2026-11-27T15:00:00Z","created_at":"2026-11-23T10:00:00Z"},"invitee":{"name":"Joe Roe","email":"joe@prospect.example"}}', 1795462807850, 'webhook', null, 1795462807900);
insert into booking (event_id, told_at, email_key, contact_key, phone_key) values
    (1800000000000000005, 1795462807850, 'joe@prospect.example', null, null);
