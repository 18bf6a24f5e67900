-- For src/list_manager, which purges what agents have made of a contact together with its attempts.
create index callback_of_attempt on callback (attempt);
