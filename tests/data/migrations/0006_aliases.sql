-- A name of the host's side, and one of an invitee.
insert into alias (name, invitee, side, person, at) values
    ('nobody zed', '', 'host', 'slack:U0123456789', 1795462808998),
    ('doe john', 'email:jane@prospect.example', 'invitee', 'discord:100000000000000001', 1795462808999);
