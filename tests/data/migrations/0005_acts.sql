-- A follow-up that somebody had and closed, with the press that did it.
update follow_up set state = 'lost', state_detail = '{"state":"lost"}', version = 3, last_owner = '{"name":"Alex Closer","slack":"U0123456789","discord":null}' where id = 1800000000000000012;
insert into history (id, follow_up_id, at, person, act, detail, press) values
    (1800000000000000024, 1800000000000000012, 1795462808997, 'slack:U0123456789', 'closed', '{"from":"C0123456789","old":"assigned","new":"lost","reason":"no_answer"}', '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08');
