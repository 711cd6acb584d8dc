-- A cancellation that was half of a move, and that nobody has seen.
update follow_up set withdrawn = 1 where id = (select max(id) from follow_up where state = 'rebooked');
