-- What is due about a follow-up because nobody did anything about it since changed_at, which notes set, too.

-- What was said since then: 'fresh', 'asleep', 'asleep_by_choice', 'back', 'back_by_choice', 'reminded', 'escalated'.
alter table follow_up add column stage text not null default 'fresh';
-- When something may be due; null where nothing lies ahead, 0 where a version before wrote it, or other rules hold since it was written.
alter table follow_up add column look_at bigint default 0;
update follow_up set look_at = null where state not in ('open', 'assigned');
create index follow_up_to_look_at on follow_up (look_at);
