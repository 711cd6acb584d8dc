-- Whose calls were booked and moved, so that a cancellation that is told after the next booking knows of it.

create table booking (
    -- The webhook, which says all the rest.
    event_id bigint primary key references event (id),
    -- When it was received.
    told_at bigint not null,
    -- The normal forms by which the invitee is known again.
    email_key text,
    contact_key text,
    phone_key text
);
create index booking_of_email on booking (email_key, told_at);
create index booking_of_contact on booking (contact_key, told_at);
create index booking_of_phone on booking (phone_key, told_at);
