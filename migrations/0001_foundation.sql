-- The tables of Rebound. One text for SQLite and PostgreSQL: only what both understand.
--
-- Times are integers: milliseconds since 1970-01-01 UTC. Truth values are 0 and 1. Ids are made by Rebound and grow with time.
-- Forward only: a released migration is never changed; the next one is a new file.

-- What makes this installation itself; always one row.
create table instance (
    id bigint primary key,
    -- Hexadecimal, made at the first start. Derives the delivery keys, so that they are the same again after a restore.
    secret text not null,
    -- When the last process stopped in order; null while one runs, and after a kill.
    stopped_at bigint,
    constraint instance_is_one check (id = 1)
);

-- Every fact that was received, as it was received. Rows are never changed but for the two marks at the end.
create table event (
    -- Grows in the order of receipt.
    id bigint primary key,
    -- Who sent it: 'iclosed'.
    source text not null,
    -- Equal for two deliveries that say the same of the same call.
    key text not null,
    -- 'call_cancelled', 'call_booked', …; 'unreadable' for what is quarantined.
    kind text not null,
    -- How the source names the call; null where there is none.
    call_id text,
    -- The item exactly as it was received.
    body bytea not null,
    received_at bigint not null,
    -- How it came: 'webhook'.
    found_by text not null,
    -- Why it cannot be read; null for what can.
    quarantined text,
    -- When it became state; null until then, and for what is quarantined.
    understood_at bigint,
    constraint event_key_once unique (source, key)
);
create index event_to_understand on event (id) where understood_at is null and quarantined is null;
create index event_of_call on event (call_id, id);

-- What the team has to do about one cancelled call.
create table follow_up (
    id bigint primary key,
    -- What people type: K7Q2.
    short_id text not null,
    event_id bigint not null references event (id),
    call_id text not null,
    -- Counts up with every change that a card shows.
    version bigint not null,
    -- open, assigned, rebooked, lost, dismissed; what belongs to the state is in state_detail (JSON).
    state text not null,
    state_detail text not null,
    snoozed_until bigint,
    side text not null,
    reason_class text not null,
    -- The normal forms by which the invitee is known again.
    email_key text,
    contact_key text,
    phone_key text,
    -- When it was cancelled, as far as known, else when we heard of it.
    cancelled_at bigint not null,
    start_at bigint,
    opened_at bigint not null,
    changed_at bigint not null,
    -- All that was known when it was opened (JSON); never changes.
    facts text not null,
    constraint follow_up_short_id_once unique (short_id),
    constraint follow_up_event_once unique (event_id)
);
create index follow_up_of_call on follow_up (call_id, id);
create index follow_up_of_email on follow_up (email_key) where email_key is not null;
create index follow_up_of_contact on follow_up (contact_key) where contact_key is not null;
create index follow_up_of_phone on follow_up (phone_key) where phone_key is not null;

-- The story of a follow-up, one row a step; append only.
create table history (
    id bigint primary key,
    follow_up_id bigint not null references follow_up (id),
    at bigint not null,
    -- Who did it: a platform and its user id, as 'slack:U0123456789'; null for Rebound itself.
    person text,
    -- What was done: 'opened', 'told_again', …
    act text not null,
    detail text
);
create index history_of_follow_up on history (follow_up_id, id);

-- The outbox: "this channel should show this follow-up at version wanted". See src/domain/post.rs for what the columns mean.
create table post (
    -- The delivery key: derived, so that it is the same again after a restore.
    key text primary key,
    follow_up_id bigint not null references follow_up (id),
    -- 'card', or 'note' for a one-time message.
    kind text not null,
    -- What a note says (JSON); null for a card, which is rendered anew each time.
    body text,
    platform text not null,
    -- The platform's id of the channel, and the operator's name for it.
    channel text not null,
    channel_name text not null,
    -- The post in whose thread this one stands.
    parent text references post (key),
    wanted bigint not null,
    shown bigint not null,
    maybe_sent bigint,
    message text,
    phase text not null,
    due_at bigint not null,
    lease_until bigint,
    fence bigint not null,
    attempt bigint not null,
    looks bigint not null,
    plain bigint not null,
    first_sent_at bigint,
    last_sent_at bigint,
    created_at bigint not null,
    failing_since bigint,
    last_error text,
    constraint post_phase_known check (phase in ('idle', 'creating', 'editing', 'unclear', 'held', 'dead', 'gone'))
);
create index post_of_follow_up on post (follow_up_id);
create index post_due on post (due_at) where phase in ('creating', 'unclear') or (phase in ('idle', 'editing') and wanted > shown);
create index post_leased on post (lease_until) where lease_until is not null;
-- One send at a time in a channel: that keeps its order and is gentle on the platforms' limits.
create unique index post_one_in_flight on post (platform, channel) where phase in ('creating', 'editing');

-- Until when a channel must not be sent to: our own pace, and what platforms ask for with Retry-After.
create table pace (
    platform text not null,
    channel text not null,
    not_before bigint not null,
    constraint pace_once primary key (platform, channel)
);
