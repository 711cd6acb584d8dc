-- Channels that take nothing from us until a person mends it: archived, gone, or closed to the bot. Both null where it is not so.

alter table pace add column closed_since bigint;
alter table pace add column closed_why text;
