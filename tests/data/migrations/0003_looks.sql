-- A message that may stand twice, a process that ran, a time of which nothing is known, a method that must wait.
update post set sweep_at = 1795462900000, suspect_until = 1795463900000 where key = '1YEtfSwy66w1oHkLXJI7j1';
update instance set alive_at = 1795462900000, blind_from = 1795462000000, blind_until = 1795462800000 where id = 1;
insert into method_pace (platform, method, not_before) values ('slack', 'look', 1795462809941);
