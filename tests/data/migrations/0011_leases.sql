-- Nothing: this migration changes how rows are found, not what they hold.
select 1;
