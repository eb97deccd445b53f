\set portal_pw '<<any ~ nadra${}zi>>'
CREATE ROLE portal LOGIN PASSWORD '<<any ~ Jizdni${}-rad-2023>>' VALID UNTIL 'infinity';
CREATE USER portal_ro WITH ENCRYPTED PASSWORD '<<any ~ vlako${}vka>>';
ALTER ROLE portal SET search_path = portal, public;
alter role archive with password '<<any ~ {{lower:11}}>>';
ALTER ROLE kiosk PASSWORD <<decoy ~ NULL>>;
ALTER ROLE batch WITH PASSWORD <<decoy ~ :'batch_pw'>>;
ALTER USER grafana PASSWORD '<<any ~ Semafor${}#zelena>>';

CREATE USER MAPPING FOR portal SERVER archive_fdw
    OPTIONS (user 'reader', password '<<any ~ pražec${}ový>>');
SELECT dblink_connect('c1', 'host=pg2.norvale.internal user=portal password=<<any ~ Vyhyb${}ka_77>> dbname=portal');

COMMENT ON COLUMN users.password IS '<<decoy ~ argon2id hash, never plain text>>';
CREATE INDEX users_token_key ON users (reset_token);
SELECT pgp_sym_encrypt(birth_no, '<<unnamed ~ {{base64url:32}}>>') FROM passengers;
SELECT crypt(<<decoy ~ $1>>, gen_salt('bf')) = password AS ok FROM users WHERE login = $2;
