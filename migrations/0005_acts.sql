-- People act: who had a follow-up when it was closed, presses that are done once, snoozes that end.

-- Who had it when it was closed (JSON); null while it is open, and where it was nobody's.
alter table follow_up add column last_owner text;
-- Which press or form did it, as a digest; a platform, or whoever recorded it, may send one again.
alter table history add column press text;
create unique index history_press_once on history (press);
create index follow_up_to_wake on follow_up (snoozed_until);
create index post_of_parent on post (parent);
