-- The slash command was put to Discord, with words of then.
insert into registration (name, digest, at) values ('discord_commands', '5a5a', 1795462809000);
