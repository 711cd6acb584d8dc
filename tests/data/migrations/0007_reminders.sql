-- A follow-up whose owner was reminded and that is to be looked at again, and the reminder, which waits to be said below its card.
update follow_up set stage = 'reminded', look_at = 1795470007896 where id = 1800000000000000011;
insert into history (id, follow_up_id, at, person, act, detail) values
    (1800000000000000025, 1800000000000000011, 1795464607896, null, 'called_out', '{"from":null,"version":1,"old":{"state":"open"},"new":{"state":"open"}}');
insert into post (key, follow_up_id, kind, body, platform, channel, channel_name, parent, wanted, shown, maybe_sent, message, phase, due_at, lease_until, fence, attempt, looks, plain, first_sent_at, last_sent_at, created_at, failing_since, last_error) values
    ('1YEtfSwy66w1oHkLXJI7j7', 1800000000000000011, 'reminder', '{"note":"reminder","about":"nobodys","since":"2026-11-23T10:00:07.896Z"}', 'slack', 'C0TEST00001', 'sales', '1YEtfSwy66w1oHkLXJI7j1', 1, 0, null, null, 'idle', 1795464607896, null, 0, 0, 0, 0, null, null, 1795464607896, null, null);
