-- Looks that serve a whole channel, the search for doubles, pauses of a whole platform, and time of which the database knows nothing.

-- When to look next whether the message stands in its channel twice, and until when that is suspected; null where it is not.
alter table post add column sweep_at bigint;
alter table post add column suspect_until bigint;

-- When a process last said that it runs on this database.
alter table instance add column alive_at bigint;
-- Between these two nobody wrote to this database, for long; it may have been restored from a backup, so that others may have posted.
alter table instance add column blind_from bigint;
alter table instance add column blind_until bigint;

-- Until when a kind of request must not be made: 'edit', 'look', or 'any' of them.
create table method_pace (
    platform text not null,
    method text not null,
    not_before bigint not null,
    constraint method_pace_once primary key (platform, method)
);

-- Every channel that posts go to has a row in pace, so that its next post is found without reading all that wait.
insert into pace (platform, channel, not_before)
    select distinct platform, channel, 0 from post
    where not exists (select 1 from pace where pace.platform = post.platform and pace.channel = post.channel);

drop index post_due;
create index post_to_create on post (platform, channel, due_at, follow_up_id)
    where phase = 'idle' and wanted > shown and lease_until is null and message is null;
create index post_to_edit on post (platform, channel, due_at, follow_up_id)
    where phase = 'idle' and wanted > shown and lease_until is null and message is not null;
create index post_to_look on post (platform, channel, due_at) where phase = 'unclear';
create index post_to_sweep on post (platform, channel, sweep_at) where sweep_at is not null;
create index post_given_up on post (phase) where phase in ('held', 'dead');
