-- A channel that was archived.
insert into pace (platform, channel, not_before, closed_since, closed_why) values
    ('slack', 'C0TEST00009', 1795464900000, 1795464607896, 'is_archived');
