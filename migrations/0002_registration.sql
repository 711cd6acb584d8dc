-- What was put to a platform once and is put there again only when it has changed.

create table registration (
    -- What it is: 'discord_commands'.
    name text primary key,
    -- Of what was put, and where.
    digest text not null,
    -- When the platform took it.
    at bigint not null
);
