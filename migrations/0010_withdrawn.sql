-- Follow-ups that nobody has seen: their cancellations were halves of moves, which is known since the move was told. 1 where it is so.
-- They are no cancellations of anybody.

alter table follow_up add column withdrawn bigint not null default 0;
