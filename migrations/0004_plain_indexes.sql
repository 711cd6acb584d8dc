-- Indexes without a condition: where one has a condition and a query has placeholders, SQLite prepares that query anew for each value.
drop index follow_up_of_email;
drop index follow_up_of_contact;
drop index follow_up_of_phone;
create index follow_up_of_email on follow_up (email_key);
create index follow_up_of_contact on follow_up (contact_key);
create index follow_up_of_phone on follow_up (phone_key);
drop index post_leased;
create index post_leased on post (platform, lease_until);
