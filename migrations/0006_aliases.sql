-- Names that nobody knew until somebody of the team said whose they are; and an index for lists of what is not closed.

create table alias (
    -- The canceller's name in the form in which names are compared.
    name text not null,
    -- An invitee's normal form, as 'email:jane@prospect.example', for whom alone the name counts; empty for a name of the host's side.
    invitee text not null,
    -- 'invitee' or 'host'.
    side text not null,
    -- Who said so, as in history.
    person text,
    at bigint not null,
    constraint alias_once primary key (name, invitee)
);
create index follow_up_of_state on follow_up (state, id);
